import { describe, expect, test } from 'vitest';
import { configKeysOf } from '../../../connectors/config/plugin-keys.ts';
import { invalidMessage, validateConnector } from '../../../connectors/config/validate.ts';
import { connectorClasses, plugins } from './connector-classes.ts';

const worker = { valueConverter: 'AvroConverter' };
const valid = {
  name: 'x',
  'topic.prefix': 'm',
  topics: 'm.T.snapshot,m.T.changes',
  endpoints: 'http://127.0.0.1:8001',
};

describe('validation', () => {
  test.each(connectorClasses.map(({ plugin }) => plugin.name))(
    '%s answers on an almost empty configuration',
    (name) => {
      const infos = validateConnector(
        name,
        { 'connector.class': name, topics: 'getPlugins' },
        plugins,
        worker,
      );
      expect(infos.name).toBe(name);
      expect(infos.error_count).toBeGreaterThan(0);
      expect(infos.configs.find(({ value }) => value.name === 'name')?.value.errors).toEqual([
        'Missing required configuration "name" which has no default value.',
      ]);
      const told = infos.configs.reduce((sum, { value }) => sum + value.errors.length, 0);
      expect(told).toBe(infos.error_count);
    },
  );

  test('tells of each key what it is, what it was given and what it may be', () => {
    const config = {
      ...valid,
      discovery: 'of',
      'tables.T': 't',
      'credentials.secret.access.key': 'geheim',
      nobody: '1',
    };
    const infos = validateConnector('AlternatorSink', config, plugins, worker);
    const at = (name: string) => infos.configs.find(({ value }) => value.name === name);
    expect(at('discovery')).toEqual({
      definition: {
        name: 'discovery',
        type: 'STRING',
        required: false,
        default_value: 'auto',
        importance: 'MEDIUM',
        documentation:
          'auto: further nodes come from /localnodes where the server has it. off: only `endpoints`.',
        group: 'AlternatorSink',
        width: 'MEDIUM',
        display_name: 'Discovery',
        dependents: [],
        order: 2,
      },
      value: {
        name: 'discovery',
        value: 'of',
        recommended_values: ['auto', 'off'],
        errors: [
          'Invalid value of for configuration discovery: String must be one of: auto, off. Did you mean "off"?',
        ],
        visible: true,
      },
    });
    expect(at('tasks.max')?.value.value).toBe('1');
    expect(at('tables.T')?.definition?.name).toBe('tables.T');
    expect(at('nobody')).toBeUndefined();
    expect(infos.groups).toEqual(['Common', 'Error Handling', 'Transforms', 'Predicates', 'AlternatorSink']);
    expect(JSON.stringify(infos)).not.toContain('geheim');
  });

  test('defines the keys of each transform and predicate that is named', () => {
    const config = { ...valid, transforms: 'A', 'transforms.A.type': 'MaskField$Value', predicates: 'P' };
    const infos = validateConnector('AlternatorSink', config, plugins, worker);
    expect(infos.groups).toContain('Transforms: A');
    expect(infos.groups).toContain('Predicates: P');
    const missing = infos.configs
      .filter(({ value }) => value.errors.length > 0)
      .map(({ value }) => value.name);
    expect(missing).toEqual(['transforms.A.fields', 'predicates.P.type']);
  });

  test('says nothing of what an unresolved placeholder stands for', () => {
    const config = { ...valid, 'tasks.max': '${env:TASKS}' };
    expect(validateConnector('AlternatorSink', config, plugins, worker).error_count).toBe(0);
  });

  test('looks at what placeholders stand for, and tells it to nobody', () => {
    const placeholders = { env: { TASKS: 'geheim' }, folder: '/' };
    const look = (text: string) =>
      validateConnector('AlternatorSink', { ...valid, 'tasks.max': text }, plugins, {
        ...worker,
        placeholders,
      });
    const infos = look('${env:TASKS}');
    expect(infos.configs.find(({ value }) => value.name === 'tasks.max')?.value).toMatchObject({
      value: '${env:TASKS}',
      errors: ['Invalid value [hidden] for configuration tasks.max: Not a number of type INT'],
    });
    expect(JSON.stringify(infos)).not.toContain('geheim');
    expect(invalidMessage(look('${env:NO_SUCH}'))).toContain('needs the environment variable NO_SUCH');
  });

  test('a refusal counts the errors and lists them, those of keys without a definition too', () => {
    const source = { ...valid, tables: 'T', region: 'r', topics: '', transforms: 'A', 'tasks.max': '0' };
    expect(invalidMessage(validateConnector('DynamoDbStreamsSource', source, plugins, worker))).toBe(
      [
        'Connector configuration is invalid and contains the following 2 error(s):',
        'Invalid value 0 for configuration tasks.max: Value must be at least 1',
        'Invalid value A for configuration transforms: a source has no transforms: the topics keep the lossless original. Put them on the sink',
        'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
      ].join('\n'),
    );
  });
});

describe('keys of a plugin', () => {
  test.each(connectorClasses.map((one) => [one.plugin.name, one] as const))(
    '%s: those of every connector, then its own',
    (_, plugin) => {
      const names = configKeysOf(plugin).map(({ name }) => name);
      expect(names.slice(0, 3)).toEqual(['name', 'connector.class', 'tasks.max']);
      expect(new Set(names).size).toBe(names.length);
    },
  );

  test('transforms, predicates and converters have theirs', () => {
    for (const plugin of [...plugins.transforms, ...plugins.predicates, ...plugins.converters]) {
      expect(Array.isArray(configKeysOf(plugin))).toBe(true);
    }
    const json = plugins.converters.find(({ name }) => name === 'JsonConverter');
    expect(json && configKeysOf(json).map(({ name }) => name)).toEqual(['schemas.enable']);
  });
});
