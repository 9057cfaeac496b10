import { describe, expect, test } from 'vitest';
import type { Converter } from '../../connectors/connector.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import { jsonConverter } from '../../connectors/converters/json.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Item } from '../../schemas/item.ts';
import { encodeKey } from '../../schemas/key.ts';
import type { AttributeValue } from '../../schemas/values.ts';
import { CONVERTER_LAWS, converterSuite } from './converter-suite.ts';

const record: ChangeRecord = {
  op: 'r',
  version: 17,
  table: 'Music',
  origin: { snapshot: '01700000000000-abcdef01', file: 'data/a.json.gz', line: 3 },
  timestampMs: 5,
  key: encodeKey([{ name: 'Artist', type: 'S' }], new Map([['Artist', { S: 'x' }]])),
  before: null,
  after: Item.fromJson(Buffer.from('{"Artist":{"S":"x"},"Price":{"N":"9.5"}}')),
};

converterSuite(avroConverter);
converterSuite(jsonConverter);

/** A sound converter that somebody has spoiled on its way in. */
const spoiledRecord = (spoil: (record: ChangeRecord) => ChangeRecord): Converter => ({
  ...jsonConverter,
  encode: (record) => jsonConverter.encode(spoil(record)),
});

const withValues = (record: ChangeRecord, change: (value: AttributeValue) => AttributeValue) =>
  record.after === null
    ? record
    : {
        ...record,
        after: Item.fromAttributes(
          new Map([...record.after.attributes].map(([name, value]) => [name, change(value)])),
        ),
      };

const parts: Buffer[] = [];
const broken: Readonly<Record<string, Converter>> = {
  'reads numbers as JavaScript does': spoiledRecord((record) =>
    withValues(record, (value) => ('N' in value ? { N: String(Number.parseFloat(value.N) | 0) } : value)),
  ),
  'takes binary for text': spoiledRecord((record) =>
    withValues(record, (value) =>
      'B' in value ? { B: Buffer.from(Buffer.from(value.B).toString('utf8')) } : value,
    ),
  ),
  'loses NULL': spoiledRecord((record) =>
    record.after === null
      ? record
      : {
          ...record,
          after: Item.fromAttributes(new Map([...record.after.attributes].filter(([, v]) => !('NULL' in v)))),
        },
  ),
  'drops the image before': spoiledRecord((record) => ({ ...record, before: null })),
  'cuts versions to milliseconds': spoiledRecord((record) => ({
    ...record,
    version: Math.floor(record.version / 1000) * 1000,
  })),
  'reads sequence numbers as numbers': spoiledRecord((record) =>
    'shard' in record.origin
      ? { ...record, origin: { ...record.origin, sequence: String(Number(record.origin.sequence)) } }
      : record,
  ),
  'forgets deletes by time to live': spoiledRecord((record) =>
    'shard' in record.origin ? { ...record, origin: { ...record.origin, ttl: false } } : record,
  ),
  'takes the time of encoding': {
    ...jsonConverter,
    encode: (record) => ({ ...jsonConverter.encode(record), timestampMs: 1 }),
  },
  'mixes the version into the key': {
    ...jsonConverter,
    encode: (record) => {
      const { key, ...rest } = jsonConverter.encode(record);
      return { ...rest, key: Buffer.concat([key, Buffer.from(' '.repeat(record.version % 3))]) };
    },
  },
  'hands out one buffer again and again': {
    ...jsonConverter,
    encode: (record) => {
      const message = jsonConverter.encode(record);
      const shared = (parts[0] ??= Buffer.alloc(1 << 22));
      message.value.copy(shared);
      return { ...message, value: shared.subarray(0, message.value.length) };
    },
  },
  'passes over what follows a record': {
    ...jsonConverter,
    decode: (message) => {
      const end = message.value.lastIndexOf('}') + 1;
      return jsonConverter.decode({ ...message, value: message.value.subarray(0, end) });
    },
  },
  'throws what it likes': {
    ...jsonConverter,
    decode: ({ key, value, timestampMs }) => {
      const parsed: unknown = JSON.parse(value.toString());
      if (parsed === null) throw new Error('null');
      return jsonConverter.decode({ key, value, timestampMs });
    },
  },
};

/** Whether something throws. */
function isBroken(run: () => void): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

describe('the suite', () => {
  for (const [name, converter] of Object.entries(broken)) {
    test(`fails a converter that ${name}`, () => {
      expect(CONVERTER_LAWS.some((law) => isBroken(() => law.run(converter, false)))).toBe(true);
    });
  }
});

describe('the JsonConverter', () => {
  test('writes what people and tools read', () => {
    const message = jsonConverter.encode({
      op: 'u',
      version: 1763686800000001,
      table: 'Music',
      origin: { shard: 'shardId-1', sequence: '100000000000000000001', event: 'e1', ttl: false },
      timestampMs: 1763686800000,
      key: record.key,
      before: null,
      after: Item.fromJson(Buffer.from('{"Artist":{"S":"x"},"Price":{"N":"9.50"}}')),
    });
    expect(message.key.toString()).toBe('{"Artist":{"S":"x"}}');
    expect(message.value.toString()).toBe(
      '{"op":"u","ts_us":1763686800000001,"source":{"table":"Music","stream":{"shard":"shardId-1",' +
        '"sequence":"100000000000000000001","event":"e1","ttl":false}},"before":null,' +
        '"after":{"Artist":{"S":"x"},"Price":{"N":"9.5"}}}',
    );
  });

  test('reads the same record as another program may write it', () => {
    const message = jsonConverter.encode(record);
    const pretty = Buffer.from(JSON.stringify({ more: 1, ...JSON.parse(message.value.toString()) }, null, 2));
    const { after, ...rest } = jsonConverter.decode({ ...message, value: pretty });
    const { after: expected, ...others } = record;
    expect(rest).toEqual(others);
    expect(after?.equals(expected!)).toBe(true);
  });
});
