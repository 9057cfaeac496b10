import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runConnectors } from '../../../cli/actions/connectors.ts';
import { runDescribe } from '../../../cli/actions/describe.ts';
import type { Description } from '../../../cli/actions/describe-keys.ts';
import { run } from './command-line.ts';

const actions = { connectors: runConnectors, describe: runDescribe };
const examples = fileURLToPath(new URL('../../../examples/plugins', import.meta.url));

const messina = (line: string) => run(line, actions);

/** What `describe --json` prints of a class. */
async function described(line: string): Promise<Description> {
  const { code, stdout } = await messina(`describe ${line} --json`);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Description;
}

const keyOf = ({ keys }: Description, name: string) => keys.find((key) => key.name === name);

describe('messina connectors', () => {
  test('lists the plugins of both kinds of workers with what they are for', async () => {
    const { code, stdout } = await messina('connectors');
    expect(code).toBe(0);
    for (const line of [
      /^S3ExportSource +source +Reads exports/m,
      /^AlternatorSink +sink +Writes items/m,
      /^ReplaceField\$Value +transformation +Removes/m,
      /^TopicNameMatches +predicate +Holds/m,
      /^JsonConverter +converter +Records as JSON/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  test('prints one JSON document, and the plugins of others behind our own', async () => {
    const { stdout } = await messina(`connectors --json --plugin-path ${examples}`);
    const listed = JSON.parse(stdout) as { class: string; type: string; summary: string }[];
    expect(new Set(listed.map(({ class: name }) => name)).size).toBe(listed.length);
    for (const one of listed) expect(one.summary).not.toBe('');
    expect(listed).toContainEqual({
      class: 'JsonLinesSink',
      type: 'sink',
      summary: 'Writes items to JSON Lines files.',
    });
  });

  test('says which module is none', async () => {
    const { code, stderr } = await messina('connectors --plugin-path /nowhere');
    expect(code).toBe(2);
    expect(stderr).toContain('plugin.path: there is no /nowhere (USAGE)');
  });
});

describe('messina describe', () => {
  test.each([
    ['CqlSink', 'CqlSink'],
    ['CqlSinkConnector', 'CqlSink'],
    ['org.apache.kafka.connect.transforms.MaskField$Value', 'MaskField$Value'],
    ['org.apache.kafka.connect.transforms.predicates.HasHeaderKey', 'HasHeaderKey'],
    ['org.apache.kafka.connect.json.JsonConverter', 'JsonConverter'],
    ['AvroConverter', 'AvroConverter'],
  ])('knows %s', async (className, name) => {
    expect(await described(className)).toMatchObject({ class: name });
  });

  test('tells of every key of a connector: those of its kind, and then its own in the group of its name', async () => {
    const sink = await described('AlternatorSink');
    expect(sink).toMatchObject({ class: 'AlternatorSink', type: 'sink' });
    expect(keyOf(sink, 'topic.prefix')).toMatchObject({ required: true, group: 'Common', default: null });
    expect(keyOf(sink, 'errors.tolerance')).toMatchObject({ default: 'none', values: ['none', 'all'] });
    expect(keyOf(sink, 'endpoints')).toMatchObject({ type: 'LIST', required: true, group: 'AlternatorSink' });
    const groups = sink.keys.map(({ group }) => group);
    expect(groups.filter((group, i) => group !== groups[i - 1])).toHaveLength(new Set(groups).size);
    for (const key of sink.keys) expect(key.description).not.toBe('');
  });

  test('shows no default of a secret, and the values that a key of a transform can have', async () => {
    expect(keyOf(await described('CqlSink'), 'password')).toMatchObject({ type: 'PASSWORD', default: null });
    const key = keyOf(await described('MaskField$Value'), 'field.syntax.version');
    expect(key).toMatchObject({ values: ['V1', 'V2'], default: 'V2' });
  });

  test('prints groups for people, and where the keys belong', async () => {
    const { stdout } = await messina(`describe JsonLinesSink --plugin-path ${examples}`);
    expect(stdout).toContain(
      'JsonLinesSink (sink)\nWrites items to JSON Lines files.\nconnector.class=JsonLinesSink',
    );
    expect(stdout).toContain(
      '\n\nJsonLinesSink\n  folder: STRING; required\n      Folder of the tables; it has to exist.\n',
    );
    expect(stdout).toContain('  existing: STRING; default refuse; one of refuse, keep\n');
    expect((await messina('describe AvroConverter')).stdout).toMatch(/It has no keys\.\n$/);
    expect((await messina('describe Filter')).stdout).toContain('transforms.NAME.type=Filter');
  });

  test.each([
    ['AlternatrSink', 'Did you mean "AlternatorSink"? There are: S3ExportSource, '],
    ['ReplaceField', 'Did you mean "ReplaceField$Value"?'],
    ['io.example.Nothing', '→ There are: S3ExportSource, '],
    ['ReplaceField$Key', 'Keys are re-modelled by the mapping of a CQL target'],
  ])('refuses %s with exit 2', async (className, said) => {
    const { code, stdout, stderr } = await messina(`describe ${className}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(className);
    expect(stderr).toContain(said);
  });
});
