import { describe, expect, test } from 'vitest';
import { loadWorkerSettings } from '../../../connectors/config/worker/worker-settings.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import { jsonConverter } from '../../../connectors/converters/json.ts';
import { connectorOf, type Plugins } from '../../../connectors/plugins.ts';
import { predicatePlugins, transformPlugins } from '../../../connectors/transforms/registry.ts';
import { loadPlugins } from '../../../connectors/worker/plugins/plugin-path.ts';
import { temporaryFolder } from './plugin-folder.ts';

const own: Plugins = {
  connectors: [],
  transforms: transformPlugins,
  predicates: predicatePlugins,
  converters: [avroConverter, jsonConverter],
};

const STEPS = 'targetTable fingerprint check prepare drop open rows lookUp'.split(' ');

/** Text of a module with one sink; `change` is put behind its members. */
const sinkModule = (name = 'OneSink', change = '') => `
export default ({ z }) => ({ connectors: [{ type: 'sink', plugin: {
  name: '${name}', summary: 'Does nothing.', options: z.strictObject({ folder: z.string() }), supports: { version: false },
  ${STEPS.map((step) => `${step}() {}`).join(', ')}, ${change}
} }] });`;

const converter = (name: string) => `{ name: '${name}', encode() {}, decode() {} }`;

const names = (plugins: Plugins) => plugins.connectors.map(({ plugin }) => plugin.name);

/** What loading a module with this text says; its own path is shown as `M`. */
async function complaint(text: string): Promise<string> {
  using folder = temporaryFolder();
  const path = folder.write('module.mjs', text);
  const failure: unknown = await loadPlugins(own, [path]).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'WORKER_CLASS' });
  return (failure as Error).message.replaceAll(path, 'M');
}

describe('plugin.path', () => {
  test('takes modules, packages, and folders of both; what is no module is passed over', async () => {
    using folder = temporaryFolder();
    folder.write('all/one.mjs', sinkModule('OneSink'));
    folder.write('all/readme.md', 'none');
    folder.write('all/shared/inner.mjs', 'throw new Error("not a plugin")');
    folder.write('all/packed/package.json', '{"type":"module","main":"lib/plugin.js"}');
    folder.write('all/packed/lib/plugin.js', sinkModule('PackedSink'));
    folder.write('alone/package.json', '{"type":"module"}');
    folder.write('alone/index.js', sinkModule('AloneSink'));
    const paths = ['all', 'alone', 'all/one.mjs'].map((path) => `${folder.path}/${path}`);
    expect(names(await loadPlugins(own, paths))).toEqual(['OneSink', 'PackedSink', 'AloneSink']);
  });

  test('an empty folder, and none at all, leave what Messina has', async () => {
    using folder = temporaryFolder();
    expect(await loadPlugins(own, [])).toEqual(own);
    expect(await loadPlugins(own, [folder.path])).toEqual(own);
  });

  test('lists may be exported by name, by default, or made by a function that waits', async () => {
    using folder = temporaryFolder();
    folder.write('a.mjs', `export const converters = [${converter('A')}];`);
    folder.write('b.mjs', `export default { converters: [${converter('B')}] };`);
    folder.write(
      'c.mjs',
      `export default async ({ z, ConnectError }) => ({ converters: [${converter('C')}] });`,
    );
    const { converters } = await loadPlugins(own, [folder.path]);
    expect(converters.map(({ name }) => name)).toEqual(['AvroConverter', 'JsonConverter', 'A', 'B', 'C']);
  });

  test('a relative one counts from the folder of the configuration', async () => {
    using folder = temporaryFolder();
    folder.write('plugins/one.mjs', sinkModule('OneSinkConnector'));
    const config = folder.write(
      'worker.properties',
      [
        'bootstrap.servers=127.0.0.1:9',
        'group.id=g',
        'config.storage.topic=c',
        'offset.storage.topic=o',
        'status.storage.topic=s',
        'plugin.path=plugins',
      ].join('\n'),
    );
    const { settings } = await loadWorkerSettings(config, {});
    const plugins = await loadPlugins(own, settings.pluginPath);
    for (const name of ['OneSink', 'com.example.OneSink', 'OneSinkConnector']) {
      expect(connectorOf(plugins, name)?.plugin.name).toBe('OneSinkConnector');
    }
  });
});

describe('what is no plugin is refused, by module and by what is missing', () => {
  test('a path that is not there', async () => {
    await expect(loadPlugins(own, ['/nowhere/at/all'])).rejects.toThrow(
      'plugin.path: there is no /nowhere/at/all',
    );
  });

  test('a package without an entry', async () => {
    using folder = temporaryFolder();
    folder.write('package.json', '{"main":"gone.js"}');
    await expect(loadPlugins(own, [folder.path])).rejects.toThrow(
      `${folder.path} cannot be loaded: its package.json names no main that exists`,
    );
  });

  test.each([
    ['throw new Error("broken")', 'M cannot be loaded: broken'],
    ['export default () => { throw new Error("no licence"); };', 'M cannot be loaded: no licence'],
    ['export default {', 'M cannot be loaded: '],
    ['export const conectors = [];', 'M exports none of connectors, transforms, predicates, converters'],
    ['export const connectors = {};', 'M exports connectors, which is no list'],
    ['export const connectors = [null];', 'M: connectors [0]: it is no object'],
    [
      'export const connectors = [{ name: "Bare" }];',
      "M: connectors Bare: type is neither 'source' nor 'sink'",
    ],
    ['export const connectors = [{ type: "sink" }];', 'M: connectors [0]: plugin is no object'],
    [
      'export const connectors = [{ type: "source", plugin: { name: "S" } }];',
      "M: connectors S: kind is neither 'snapshot' nor 'changes'",
    ],
    [
      'export const connectors = [{ type: "source", plugin: { name: "S", kind: "changes", check() {}, open: 1 } }];',
      'M: connectors S: summary is missing; options is missing; describe is missing; discover is missing; ' +
        'open is not a function; capture is missing',
    ],
    [
      'export const connectors = [{ type: "source", plugin: { name: "S", kind: "snapshot" } }];',
      'take is missing; serverTimeMs is missing; slackMs is missing',
    ],
    [sinkModule('a sink'), 'name is not a class name of letters, digits and _ without a package'],
    [sinkModule('com.example.OneSink'), 'name is not a class name'],
    [
      sinkModule('S', 'rows: undefined, lookUp: {}'),
      'M: connectors S: rows is missing; lookUp is not a function',
    ],
    [sinkModule('S', 'shape: {}'), 'M: connectors S: shape is not a function'],
    [sinkModule('S', 'supports: {}'), 'supports is not { version: true } or { version: false }'],
    [sinkModule('S', 'options: { parse() {} }'), 'options is not a schema of zod 4: make it with the z that'],
    [sinkModule('S', 'options: z.string()'), 'options is no schema of an object: use z.strictObject'],
    ['export const transforms = [{ name: "T" }];', 'M: transforms T: summary is missing; options is missing'],
    ['export const predicates = [{ name: "P" }];', 'ofConnect is missing; make is missing'],
    ['export const converters = [{ name: "C", encode() {} }];', 'M: converters C: decode is missing'],
  ])('%s', async (text, said) => {
    expect(await complaint(text)).toContain(said);
  });
});

describe('a class name stands for one plugin', () => {
  test.each([
    [
      `export const converters = [${converter('JsonConverter')}];`,
      'Messina has a class JsonConverter already',
    ],
    // `own` has no connectors: those of the other kind of worker are Messina's too.
    [sinkModule('AlternatorSink'), 'Messina has a class AlternatorSink already'],
    [sinkModule('DynamoDbStreamsSourceConnector'), 'Messina has a class DynamoDbStreamsSource already'],
    [`export const converters = [${converter('Filter')}];`, 'Messina has a class Filter already'],
    [
      `export const converters = [${converter('A')}, ${converter('A')}];`,
      'M: converters A: M has a class A already',
    ],
  ])('%s', async (text, said) => {
    expect(await complaint(text)).toContain(said);
  });

  test('with or without the ending Connector, and from two modules', async () => {
    using folder = temporaryFolder();
    const first = folder.write('a.mjs', sinkModule('TwiceSink'));
    const second = folder.write('b.mjs', sinkModule('TwiceSinkConnector'));
    await expect(loadPlugins(own, [folder.path])).rejects.toThrow(
      `${second}: connectors TwiceSinkConnector: ${first} has a class TwiceSink already`,
    );
  });
});
