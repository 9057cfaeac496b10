import { expect, test } from 'vitest';
import { ask, expectError, expectRefused } from './rest-client.ts';
import type { RestWorker } from './rest-worker.ts';
import { expectConfigInfos, keyInfo } from './shapes.ts';

interface PluginBody {
  readonly class: string;
  readonly type: string;
}

/** What can be configured, and whether a configuration would do. */
export function pluginSuite(started: () => RestWorker): void {
  const plugins = async (query = '') => {
    const { status, json } = await ask(started(), 'GET', `/connector-plugins${query}`);
    expect(status).toBe(200);
    return json as PluginBody[];
  };
  const validate = (name: string, config: unknown) =>
    ask(started(), 'PUT', `/connector-plugins/${name}/config/validate`, { body: config });

  test('connectors are listed, and the other plugins when they are asked for', async () => {
    const connectors = await plugins();
    for (const plugin of connectors) {
      expect(plugin).toEqual({
        class: expect.any(String),
        type: expect.stringMatching(/^(source|sink)$/),
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      });
    }
    const simple = connectors.map((plugin) => plugin.class.replace(/^.*\./, '').replace(/Connector$/, ''));
    expect(simple).toEqual(expect.arrayContaining([started().sourceClass, started().sinkClass]));
    expect(await plugins('?connectorsOnly=true')).toEqual(connectors);
    expect(await plugins('?connectorsOnly')).toEqual(connectors);
    const all = await plugins('?connectorsOnly=false');
    expect(all).toEqual(expect.arrayContaining(connectors));
    const types = new Set(all.map(({ type }) => type));
    expect([...types]).toEqual(
      expect.arrayContaining([
        'source',
        'sink',
        'converter',
        'header_converter',
        'transformation',
        'predicate',
      ]),
    );
    expect(all.some((plugin) => plugin.class.endsWith(started().transform.name))).toBe(true);
  });

  test('the keys of a plugin are described', async () => {
    const { sourceClass, sinkClass, transform } = started();
    for (const name of [sourceClass, `${sinkClass}Connector`]) {
      const { status, json } = await ask(started(), 'GET', `/connector-plugins/${name}/config`);
      expect(status).toBe(200);
      const keys = json as { name: string }[];
      expect(keys).toEqual(keys.map(() => keyInfo));
      expect(keys.map((key) => key.name)).toEqual(
        expect.arrayContaining(['name', 'connector.class', 'tasks.max']),
      );
    }
    const path = `/connector-plugins/org.apache.kafka.connect.transforms.${transform.name}/config`;
    const { status, json } = await ask(started(), 'GET', path);
    expect(status).toBe(200);
    expect(json).toContainEqual(keyInfo);
    expect((json as { name: string }[]).map(({ name }) => name)).toContain(transform.option);
  });

  test('the converter of headers has a list of keys too', async () => {
    const { status, json } = await ask(started(), 'GET', '/connector-plugins/SimpleHeaderConverter/config');
    expect([status, Array.isArray(json)]).toEqual([200, true]);
  });

  test('a plugin that nobody has: 404', async () => {
    const answer = await ask(started(), 'GET', '/connector-plugins/NoSuch/config');
    expectError(answer, 404, 'Unknown plugin NoSuch.');
  });

  test('a configuration that is nearly empty is answered, for every class', async () => {
    const { sourceClass, sinkClass } = started();
    for (const name of [sourceClass, sinkClass]) {
      // AKHQ asks this of every class to learn its keys.
      const answer = await validate(name, { 'connector.class': name, topics: 'getPlugins' });
      expect(answer.status, answer.text).toBe(200);
      const infos = expectConfigInfos(answer.json);
      expect(infos.name).toBe(name);
      expect(infos.error_count).toBeGreaterThan(0);
      expect(infos.groups).toEqual(expect.arrayContaining(['Common', 'Error Handling']));
      const given = infos.configs.find(({ value }) => value.name === 'name');
      expect(given?.value.errors).toEqual([
        'Missing required configuration "name" which has no default value.',
      ]);
    }
  });

  test('a configuration without errors has none', async () => {
    const config = { ...(await started().sinkConfig('fine')), name: 'fine', 'no.such.key': 'x' };
    const { status, json } = await validate(started().sinkClass, config);
    expect(status).toBe(200);
    const infos = expectConfigInfos(json);
    expect(infos.configs.flatMap(({ value }) => value.errors)).toEqual([]);
    expect(infos.configs.map(({ value }) => value.name)).not.toContain('no.such.key');
    const tolerance = infos.configs.find(({ value }) => value.name === 'errors.tolerance');
    expect(tolerance?.value.value).toBe('none');
  });

  test('each error is at its key', async () => {
    const config = {
      ...(await started().sinkConfig('bad')),
      name: 'bad',
      'tasks.max': 'abc',
      'errors.tolerance': 'some',
      'errors.log.enable': null,
    };
    const { status, json } = await validate(started().sinkClass, config);
    expect(status).toBe(200);
    const infos = expectConfigInfos(json);
    const errorsOf = (key: string) => infos.configs.find(({ value }) => value.name === key)?.value.errors;
    expect(errorsOf('tasks.max')).toContain(
      'Invalid value abc for configuration tasks.max: Not a number of type INT',
    );
    expect(errorsOf('errors.tolerance')?.[0]).toMatch(
      /^Invalid value some for configuration errors\.tolerance: String must be one of: none, all/,
    );
    expect(errorsOf('errors.log.enable')).toContain(
      'Null value can not be supplied as the configuration value.',
    );
  });

  test('a transform’s own keys are described under its name', async () => {
    const { sinkClass, transform } = started();
    const config = {
      ...(await started().sinkConfig('t')),
      transforms: 'h',
      'transforms.h.type': `org.apache.kafka.connect.transforms.${transform.name}`,
    };
    const infos = expectConfigInfos((await validate(sinkClass, config)).json);
    expect(infos.groups).toContain('Transforms: h');
    expect(infos.configs.map(({ value }) => value.name)).toEqual(
      expect.arrayContaining(['transforms.h.type', `transforms.h.${transform.option}`]),
    );
  });

  test('another class in the configuration than in the URL: 400', async () => {
    const { sourceClass, sinkClass } = started();
    expectError(
      await validate(sinkClass, { 'connector.class': sourceClass }),
      400,
      `Included connector type ${sourceClass} does not match request type ${sinkClass}`,
    );
  });

  test('a configuration without a class, or of one that nobody has, is refused', async () => {
    const none = await validate(started().sinkClass, {});
    expectRefused(none);
    expect(none.text).toContain('contains no connector type');
    const unknown = await validate('NoSuch', { 'connector.class': 'NoSuch' });
    expectRefused(unknown);
    expect(unknown.text).toContain(
      'Failed to find any class that implements Connector and which name matches NoSuch',
    );
  });
}
