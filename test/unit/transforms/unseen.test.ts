import { describe, expect, test } from 'vitest';
import { fingerprint } from '../../../connectors/runtime/sink/sink-prepare.ts';
import type { SinkDefinition } from '../../../connectors/runtime/sink/sink-world.ts';
import type { TransformConfig } from '../../../connectors/transforms/chain.ts';
import { transformOf } from '../../../connectors/transforms/registry.ts';
import { sinkTable } from '../../sink-records.ts';
import { chain, changeOf, one, transformed } from './transforming.ts';

/** Transforms of Kafka Connect that are about what no target sees. */
const unseen: readonly TransformConfig[] = [
  { type: 'InsertHeader', header: 'a', 'value.literal': '' },
  { type: 'DropHeaders', headers: 'a, b' },
  { type: 'HeaderFrom$Value', fields: 'a', headers: 'h', operation: 'copy' },
  { type: 'SetSchemaMetadata$Value', 'schema.name': 'x' },
  { type: 'SetSchemaMetadata$Key', 'schema.version': 2 },
  { type: 'ExtractNewItemState' },
  { type: 'io.debezium.transforms.ExtractNewRecordState', 'add.headers': 'op' },
  { type: 'org.apache.kafka.connect.transforms.DropHeaders', headers: 'a' },
];

const fingerprintOf = (transforms: readonly TransformConfig[]) =>
  fingerprint(
    {
      plugin: { fingerprint: () => 'sink:1' },
      options: {},
      transforms: chain(transforms),
    } as unknown as SinkDefinition,
    sinkTable('T'),
  );

describe('a transform of what no target sees', () => {
  test.each(unseen)('leaves records as they are: %j', (transform) => {
    const record = changeOf({ a: { S: 'x' } }, { a: { S: 'y' } });
    expect(one(transform).apply(record)).toBe(record);
    expect(one(transform).touches('T', 'a')).toBeNull();
  });

  test.each(unseen)('does not count for what the sink has written: %j', (transform) => {
    const mask = { type: 'MaskField$Value', fields: 'a' };
    expect(fingerprintOf([transform])).toBe('sink:1');
    expect(fingerprintOf([transform, mask])).toBe(fingerprintOf([mask]));
    expect(fingerprintOf([mask])).not.toBe('sink:1');
  });

  test.each<[string, object, object]>([
    [
      'HeaderFrom$Value',
      { fields: 'a,b', headers: 'h', operation: 'move' },
      { option: 'headers', message: 'names 1 headers for 2 fields' },
    ],
    ['SetSchemaMetadata$Value', {}, { option: 'schema.name' }],
    ['SetSchemaMetadata$Key', {}, { option: 'schema.name' }],
  ])('is refused all the same where Kafka Connect refuses it: %s %j', (type, options, expected) => {
    expect(transformOf(type)?.contradiction(options)).toMatchObject(expected);
  });
});

describe('HeaderFrom', () => {
  const move = { type: 'HeaderFrom$Value', fields: 'a, m.b', headers: 'h,i', operation: 'move' };

  test('takes fields that it moves out of the item', () => {
    const item = { a: { S: 'x' }, m: { M: { b: { S: 'y' }, c: { S: 'z' } } } };
    expect(transformed(move, item)).toEqual({ m: { M: { c: { S: 'z' } } } });
  });

  test('leaves an item that has none of them as it is', () => {
    const record = changeOf({ c: { S: 'x' } });
    expect(one(move).apply(record)).toBe(record);
  });

  test('says which attributes go, so that a key is refused', () => {
    expect(one(move).touches('T', 'a')).toEqual({ option: 'fields', does: 'moves' });
    expect(one(move).touches('T', 'm')).toBeNull();
  });
});
