import { expect, test } from 'vitest';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import { topicLine } from '../../../migration/topic-line.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { encodeMarker } from '../../../schemas/change-codec.ts';
import { Item } from '../../../schemas/item.ts';
import { encodeKey } from '../../../schemas/key.ts';

const change: ChangeRecord = {
  op: 'u',
  version: 1763686800000001,
  table: 'Music',
  origin: { shard: 'shardId-1', sequence: '100000000000000000001', event: 'e"1', ttl: false },
  timestampMs: 1763686800000,
  key: encodeKey([{ name: 'Artist', type: 'S' }], new Map([['Artist', { S: 'ü' }]])),
  before: Item.fromJson(Buffer.from('{"Artist":{"S":"ü"}}')),
  after: Item.fromJson(Buffer.from('{"Artist":{"S":"ü"},"Price":{"N":"9.5"}}')),
};

function line(raw: { key: Buffer | null; value: Buffer | null }, arn: string | null = null): string {
  const record = { offset: 17, timestampMs: 1763686800000, headers: [], ...raw };
  return topicLine(3, record, { converter: avroConverter, arnOf: () => arn }).toString();
}

const place = '{"partition":3,"offset":17,"timestamp":1763686800000,';

test('a change is a line of JSON', () => {
  expect(line(avroConverter.encode(change))).toBe(
    `${place}"key":{"Artist":{"S":"ü"}},"op":"u","ts_us":1763686800000001,"source":{"table":"Music","stream":` +
      '{"shard":"shardId-1","sequence":"100000000000000000001","event":"e\\"1","ttl":false}},' +
      '"before":{"Artist":{"S":"ü"}},"after":{"Artist":{"S":"ü"},"Price":{"N":"9.5"}}}\n',
  );
});

test('a row of a snapshot says where it was read, with the ARN of the export where it is known', () => {
  const origin = { snapshot: 'x-1', file: 'data/a.json.gz', line: 2 };
  const row = avroConverter.encode({ ...change, op: 'r', before: null, origin });
  expect(JSON.parse(line(row, 'arn:x'))).toMatchObject({
    op: 'r',
    source: { table: 'Music', export: { arn: 'arn:x', ...origin } },
    before: null,
  });
  expect(JSON.parse(line(row))).toMatchObject({ source: { table: 'Music', export: origin } });
  expect(line(row)).not.toContain('"arn"');
});

test('a delete has no item after it', () => {
  const gone = avroConverter.encode({ ...change, op: 'd', after: null });
  expect(JSON.parse(line(gone))).toMatchObject({ op: 'd', after: null });
});

test('a marker is a line of its own', () => {
  const marker = { kind: 'begin', snapshot: 'x-1', rank: 0, version: 7, exportMs: 8 } as const;
  const value = encodeMarker({ ...marker, changesOffset: 0, rows: null });
  expect(line({ key: null, value })).toBe(
    `${place}"marker":"begin","snapshot":"x-1","rank":0,"ts_us":7,"export_ms":8,"changes_offset":0,"rows":null}\n`,
  );
});

test.each([
  ['without a value', { key: change.key, value: null }],
  ['without a key', { key: null, value: avroConverter.encode(change).value }],
  ['of another schema', { key: change.key, value: Buffer.from('c301ffffffffffffffff00', 'hex') }],
  ['that is cut off', { key: change.key, value: avroConverter.encode(change).value.subarray(0, 60) }],
  ['whose key is none', { key: Buffer.from('key'), value: avroConverter.encode(change).value }],
  ['whose item is none', { key: change.key, value: spoiled(avroConverter.encode(change).value) }],
])('a record %s is a line that says so', (_, raw) => {
  const parsed: unknown = JSON.parse(line(raw));
  expect(parsed).toEqual({
    partition: 3,
    offset: 17,
    timestamp: 1763686800000,
    error: { code: 'RECORD_UNDECODABLE', message: expect.stringMatching(/./) },
  });
});

/** The same bytes with a text that is not UTF-8: found only when the item is written. */
function spoiled(value: Buffer): Buffer {
  const copy = Buffer.from(value);
  copy[copy.lastIndexOf(Buffer.from('ü'))] = 0xff;
  return copy;
}
