import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { commonKeys, sinkKeys, sourceKeys } from '../../../connectors/config/connector-keys.ts';
import { flatKeysOf } from '../../../connectors/config/flat/flat-keys.ts';
import { readFlat } from '../../../connectors/config/flat/flat-read.ts';
import { writeFlat } from '../../../connectors/config/flat/flat-write.ts';
import { workerKeys } from '../../../connectors/config/worker/worker-keys.ts';
import { optionsOf } from './arbitrary-options.ts';
import { connectorClasses, plugins } from './connector-classes.ts';

const connectors = connectorClasses.map((one) => [one.plugin.name, one] as const);
const schemas = [
  ...connectors.map(([name, { plugin }]) => [name, plugin.options] as const),
  ...[...plugins.transforms, ...plugins.predicates].map(({ name, options }) => [name, options] as const),
];

describe('keys of a schema', () => {
  test.each([...schemas, ['the worker', workerKeys] as const])(
    '%s: no two leaves share a key',
    (_, schema) => {
      const keys = flatKeysOf(schema).map(({ key }) => key);
      expect(keys).toEqual([...new Set(keys)]);
      expect(keys.filter((key) => /[A-Z]/.test(key))).toEqual([]);
    },
  );

  test.each(connectors)('%s: none is a key that every connector has', (_, { type, plugin }) => {
    const all = [commonKeys, type === 'source' ? sourceKeys : sinkKeys].flatMap((schema) =>
      flatKeysOf(schema),
    );
    const own = flatKeysOf(plugin.options);
    const clashes = own.filter(({ key }) => all.some((one) => one.key === key));
    expect(clashes).toEqual([]);
  });

  test.each([...schemas, ['the worker', workerKeys] as const])('%s: each is described', (_, schema) => {
    expect(flatKeysOf(schema).filter(({ documentation }) => documentation === '')).toEqual([]);
  });

  test('name type, default, words and secrets', () => {
    const schema = z.strictObject({
      s3: z.strictObject({ forcePathStyle: z.boolean().default(false).describe('Style.') }).prefault({}),
      accessMode: z.enum(['a', 'b']).describe('Mode.'),
      kms: z.strictObject({ keyId: z.string().meta({ secret: true, description: 'Key.' }) }).exactOptional(),
      manifests: z.record(z.string(), z.string()).default({}).describe('By table.'),
      'static.field': z.array(z.int().max(9)).default([1, 2]).describe('Numbers.'),
    });
    const facts = flatKeysOf(schema).map((key) => [
      key.key,
      key.type,
      key.required,
      key.defaultValue,
      key.values,
      key.isSecret,
    ]);
    expect(facts).toEqual([
      ['s3.force.path.style', 'BOOLEAN', false, 'false', [], false],
      ['access.mode', 'STRING', true, null, ['a', 'b'], false],
      ['kms.key.id', 'PASSWORD', false, null, [], true],
      ['manifests.', 'STRING', false, null, [], false],
      ['static.field', 'LIST', false, '1,2', [], false],
    ]);
  });
});

describe('options written flat', () => {
  test.each(connectors)('%s: come back the same', (_, { plugin: { options: schema } }) => {
    fc.assert(
      fc.property(optionsOf(schema), (options) => {
        const flat = writeFlat(schema, options);
        const reading = readFlat(schema, flat);
        expect(reading.problems).toEqual([]);
        expect(reading.unknown).toEqual([]);
        expect(reading.options).toEqual(schema.parse(options));
      }),
      { numRuns: 60 },
    );
  });

  test('leave out what is the default, but not in a section that is there by its keys alone', () => {
    const tls = z.strictObject({ strict: z.boolean().default(true) });
    const schema = z.strictObject({ mode: z.string().default('x'), tls: tls.exactOptional() });
    expect(writeFlat(schema, { mode: 'x', tls: {} })).toEqual({ 'tls.strict': 'true' });
  });
});

describe('texts', () => {
  const schema = z.strictObject({
    size: z.int().min(1).max(100).exactOptional(),
    rate: z.number().positive().exactOptional(),
    on: z.boolean().exactOptional(),
    list: z.array(z.string().min(1)).exactOptional(),
    mode: z.enum(['none', 'all']).exactOptional(),
    token: z.string().regex(/^t/, { error: 'must begin with t' }).meta({ secret: true }).exactOptional(),
    docs: z.array(z.strictObject({ table: z.string(), depth: z.int().exactOptional() })).exactOptional(),
    url: z.string().max(9, { error: 'is too long' }).exactOptional(),
  });

  test.each([
    [{ size: ' 7 ' }, { size: 7 }],
    [{ rate: '1e3' }, { rate: 1000 }],
    [{ on: 'True' }, { on: true }],
    [{ list: ' a ,b,  c' }, { list: ['a', 'b', 'c'] }],
    [{ list: '["a,b"," c"]' }, { list: ['a,b', ' c'] }],
    [{ list: '[::1]:9042,[::2]:9042' }, { list: ['[::1]:9042', '[::2]:9042'] }],
    [{ list: '' }, { list: [] }],
    [{ docs: '[{"table":"a"}]' }, { docs: [{ table: 'a' }] }],
  ])('%j is read', (flat, options) => {
    expect(readFlat(schema, flat as Record<string, string>)).toMatchObject({ options, problems: [] });
  });

  test.each([
    [{ size: 'abc' }, 'Invalid value abc for configuration size: Not a number of type INT'],
    [{ size: '1.5' }, 'Invalid value 1.5 for configuration size: Not a number of type INT'],
    [{ size: '' }, 'Invalid value  for configuration size: Not a number of type INT'],
    [{ size: '0' }, 'Invalid value 0 for configuration size: Value must be at least 1'],
    [{ size: '101' }, 'Invalid value 101 for configuration size: Value must be no more than 100'],
    [{ rate: '0' }, 'Invalid value 0 for configuration rate: Value must be more than 0'],
    [{ rate: '0x10' }, 'Invalid value 0x10 for configuration rate: Not a number of type DOUBLE'],
    [{ on: 'yes' }, 'Invalid value yes for configuration on: Expected value to be either true or false'],
    [{ list: 'a,,b' }, 'Invalid value a,,b for configuration list: at [1]: String must be non-empty'],
    [{ mode: 'x' }, 'Invalid value x for configuration mode: String must be one of: none, all'],
    [
      { mode: 'nine' },
      'Invalid value nine for configuration mode: String must be one of: none, all. Did you mean "none"?',
    ],
    [{ token: 'geheim' }, 'Invalid value [hidden] for configuration token: must begin with t'],
    [{ docs: '{' }, 'Invalid value { for configuration docs: Must be a list as JSON text'],
    [
      { docs: '[{"table":1}]' },
      'Invalid value [{"table":1}] for configuration docs: at [0].table: Invalid input: expected string, received number',
    ],
    [{ url: 'http://u:geheim@host' }, 'Invalid value http://…@host for configuration url: is too long'],
  ])('%j is refused in the words of Kafka', (flat, message) => {
    const reading = readFlat(schema, flat as Record<string, string>);
    expect(reading.options).toBeNull();
    expect(reading.problems.map((problem) => problem.message)).toEqual([message]);
    expect(JSON.stringify(reading)).not.toContain('geheim');
  });

  test('that placeholders filled are in no message', () => {
    const { problems } = readFlat(
      schema,
      { size: 'geheim', mode: 'geheim' },
      { hidden: new Set(['size', 'mode']) },
    );
    expect(problems).toHaveLength(2);
    expect(JSON.stringify(problems)).not.toContain('geheim');
  });

  test('keys that the schema does not know stand apart', () => {
    expect(readFlat(schema, { sise: '1', name: 'x' })).toMatchObject({
      unknown: ['sise', 'name'],
      problems: [],
    });
  });

  test('a required key that is not there is missing', () => {
    const strict = z.strictObject({ a: z.string(), b: z.strictObject({ c: z.int() }) });
    expect(readFlat(strict, {}).problems.map(({ message }) => message)).toEqual([
      'Missing required configuration "a" which has no default value.',
      'Missing required configuration "b.c" which has no default value.',
    ]);
  });
});

describe('sections of several kinds', () => {
  const options = connectorClasses.find(({ plugin }) => plugin.name === 'S3ExportSource')?.plugin.options;
  const read = (flat: Record<string, string>) =>
    readFlat(options ?? z.never(), { region: 'eu-central-1', ...flat }).problems.map(
      ({ message }) => message,
    );

  test('are told apart by their keys', () => {
    expect(read({ 'credentials.access.key.id': 'a', 'credentials.secret.access.key': 'b' })).toEqual([]);
    expect(read({ 'credentials.role.arn': 'arn', 'credentials.external.id': 'x' })).toEqual([]);
  });

  test('tell what is missing in the one that is meant', () => {
    expect(read({ 'credentials.external.id': 'x' })).toEqual([
      'Missing required configuration "credentials.role.arn" which has no default value.',
    ]);
    expect(read({ 'credentials.access.key.id': 'x' })).toEqual([
      'Missing required configuration "credentials.secret.access.key" which has no default value.',
    ]);
  });

  test('a name of a table may hold dots, and words of JavaScript', () => {
    const flat = { 'manifests.a.b': 's3://b/x', 'manifests.__proto__': 's3://b/y', region: 'r' };
    const { options: made, problems } = readFlat(options ?? z.never(), flat);
    expect(problems).toEqual([]);
    expect(Object.entries((made as { manifests: object }).manifests)).toEqual([
      ['a.b', 's3://b/x'],
      ['__proto__', 's3://b/y'],
    ]);
    expect(read({ 'manifests.__proto__': 'no' })[0]).toMatch(
      /^Invalid value no for configuration manifests.__proto__: /,
    );
    expect(read({ 'manifests.T': 'no' })).toEqual([
      'Invalid value no for configuration manifests.T: must be the URL of a manifest-summary.json: s3://bucket/… or file:///…',
    ]);
  });
});
