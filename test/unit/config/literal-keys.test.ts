import { describe, expect, test } from 'vitest';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import { invalidMessage, validateConnector } from '../../../connectors/config/validate.ts';
import { settingsOf } from '../../../connectors/worker/config-scope.ts';
import { plugins } from './connector-classes.ts';

const valueConverter = 'AvroConverter';
const sources = { env: { X: 'a', PARTITIONS: '6', CLASS: 'S3ExportSource' }, folder: '/' };
const source: FlatConfig = {
  name: 'x',
  'connector.class': 'DynamoDbStreamsSource',
  'topic.prefix': 'p',
  tables: 'T',
  region: 'eu-central-1',
};

function refusal(config: FlatConfig, base: FlatConfig = source): string[] {
  const given = { ...base, ...config };
  const className = given['connector.class'] ?? '';
  const worker = { valueConverter, placeholders: sources };
  const infos = validateConnector(className, given, plugins, worker);
  return infos.configs.flatMap(({ value }) => value.errors);
}

describe('a placeholder is refused', () => {
  test.each([
    ['name', '${env:X}'],
    ['topic.prefix', '${env:X}'],
    ['topic.prefix', 'p-${env:X}'],
    ['topic.names.T', '${env:X}'],
    ['topic.creation.default.partitions', '${env:PARTITIONS}'],
    ['topic.creation.default.replication.factor', '${env:PARTITIONS}'],
    ['connector.class', '${env:X}.DynamoDbStreamsSource'],
  ])('where all workers must have the same: %s=%s', (key, text) => {
    const message = `Invalid value ${text} for configuration ${key}: it must be the same on every worker, and each fills placeholders for itself. Write the value in the place of the placeholder`;
    expect(refusal({ [key]: text })).toEqual([message]);
    const scope = { plugins, valueConverter, sources };
    expect(() => settingsOf({ ...source, [key]: text }, scope)).toThrow(message);
  });

  test('in the names of transforms, which are parts of keys', () => {
    expect(refusal({ transforms: '${env:X}' })).toEqual([
      'Invalid value ${env:X} for configuration transforms: its names are parts of other keys. Write the value in the place of the placeholder',
    ]);
  });

  test('and nothing is said of what follows from it', () => {
    const sink = {
      ...source,
      'connector.class': 'AlternatorSink',
      topics: 'p.T.snapshot,p.T.changes',
      endpoints: 'http://127.0.0.1:8001',
    };
    expect(refusal({ 'topic.prefix': '${env:X}', transforms: 'a,${env:X}' }, sink)).toEqual([
      expect.stringContaining('for configuration topic.prefix: it must be the same'),
      expect.stringContaining('for configuration transforms: its names are parts'),
    ]);
  });

  test('also where nothing is known of what placeholders stand for', () => {
    const config = { ...source, 'topic.prefix': '${env:X}' };
    const infos = validateConnector('DynamoDbStreamsSource', config, plugins, { valueConverter });
    expect(invalidMessage(infos)).toContain('for configuration topic.prefix: it must be the same');
  });
});

test('a placeholder is filled in every other key, and what is none stays in these', () => {
  expect(refusal({ 'tasks.max': '${env:PARTITIONS}', region: '${env:X}' })).toEqual([]);
  expect(refusal({ name: '${topic}-x' })).toEqual([]);
});
