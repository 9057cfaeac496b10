import { beforeEach, describe, expect, test, vi } from 'vitest';
import { keyHash } from '../../../connectors/buckets/key-hash.ts';
import type { SnapshotRecord, TableRecord } from '../../../connectors/catalog-records.ts';
import type { Converter, Position, TopicRecord } from '../../../connectors/connector.ts';
import { jsonConverter } from '../../../connectors/converters/json.ts';
import type { InRecord } from '../../../connectors/kafka/wire/record-decode.ts';
import { GoneKeys, sweeps } from '../../../connectors/runtime/source/gone-keys.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';

/** What stands in the table's two topics, by topic and partition; of a topic, its first records may be gone. */
const topics = vi.hoisted(() => new Map<string, unknown[][]>());
const trimmed = vi.hoisted(() => new Set<string>());

vi.mock('../../../connectors/kafka/offsets.ts', () => ({
  beginOffsets: async (_: unknown, topic: string) =>
    topics.get(topic)!.map(() => (trimmed.has(topic) ? 1 : 0)),
  highWatermarks: async (_: unknown, topic: string) => topics.get(topic)!.map((log) => log.length),
}));

vi.mock('../../../connectors/kafka/reader.ts', () => ({
  TopicReader: class {
    readonly #open = new Map<string, { topic: string; partition: number; offset: number }>();
    assign(topic: string, partition: number, offset: number) {
      this.#open.set(`${topic}/${partition}`, { topic, partition, offset });
    }
    unassign(topic: string, partition: number) {
      this.#open.delete(`${topic}/${partition}`);
    }
    async fetch() {
      return [...this.#open.values()].map((one) => {
        const records = topics.get(one.topic)![one.partition]!.slice(one.offset, one.offset + 2);
        one.offset += records.length;
        return { ...one, records, nextOffset: one.offset };
      });
    }
    async [Symbol.asyncDispose]() {}
  },
}));

const V = 5_000_001;

const plainKeys = { decode: ({ key }: TopicRecord) => ({ key }) } as unknown as Converter;

const record = (offset: number, key: string | null, op: string, version: number): InRecord => ({
  offset,
  timestampMs: 0,
  key: key === null ? null : Buffer.from(key),
  value: Buffer.alloc(1),
  headers: [
    ['messina.op', Buffer.from(op)],
    ['messina.version', Buffer.from(String(version))],
  ],
});

const log = (...records: (readonly [string | null, string, number])[]) =>
  records.map(([key, op, version], offset) => record(offset, key, op, version));

const snapshot = {
  facts: { id: 's2', exportMs: 7000, arn: null, rows: 3 },
  epoch: 2,
  rank: 0,
  version: V,
  windowOf: null,
  changesOffsets: [3, 1],
} as unknown as SnapshotRecord;

const sweep = (from: Position | null = null, converter = plainKeys) => {
  const task = {
    kafka: {},
    topics: { snapshot: () => 'rows', changes: () => 'changes' },
    converter,
    context: { signal: new AbortController().signal },
  } as unknown as TaskRun;
  return new GoneKeys(task, snapshot, { facts: { table: 'T' } } as TableRecord, from);
};

const keysOf = (records: readonly { key: Buffer }[]) => records.map(({ key }) => key.toString()).sort();

beforeEach(() => {
  topics.clear();
  trimmed.clear();
  topics.set('rows', [
    log(['old', 'r', 1], ['kept', 'r', 1], [null, 'begin', V], ['kept', 'r', V], ['born', 'r', V]),
    log(['other', 'r', 1], ['kept too', 'r', V]),
  ]);
  topics.set('changes', [
    log(['left', 'c', 2], ['kept', 'u', 2], ['old', 'd', 3], ['later', 'c', 9_000_000]),
  ]);
  topics.get('changes')!.push(log(['back', 'd', 2], ['kept too', 'd', 9_000_000]));
});

describe('what a later snapshot says is gone (rule C11)', () => {
  test('is every key that ever stood in the topics and is not in the snapshot', async () => {
    await using reader = sweep();
    const { records, done } = await reader.poll();
    expect(keysOf(records)).toEqual(['back', 'left', 'old', 'other']);
    expect(records.every(({ op, version, after }) => op === 'd' && version === V && after === null)).toBe(
      true,
    );
    expect(done).toBe(true);
  });

  test('is not asked of changes that come after the snapshot: they say themselves what became of their key', async () => {
    await using reader = sweep();
    const { records } = await reader.poll();
    expect(keysOf(records)).not.toContain('later');
  });

  test('is not said by topics that have lost their first records', async () => {
    trimmed.add('changes');
    await using reader = sweep();
    await expect(reader.poll()).rejects.toMatchObject({ code: 'KAFKA_TOPIC_TRIMMED' });
  });

  test('goes on behind what a killed sweep has published, though that stands in the topic now', async () => {
    await using whole = sweep();
    const { records, position } = await whole.poll();
    const buckets = Number(position['buckets']);
    for (const [i, { key }] of records.entries()) {
      topics.get('rows')![1]!.push(record(2 + i, key.toString(), 'd', V));
      const bucket = keyHash(key) % buckets;
      await using rest = sweep({ buckets, bucket, after: key.toString('hex'), line: i + 1 });
      expect((await rest.poll()).records).toEqual(records.slice(i + 1));
    }
  });

  test('is the same whatever converter wrote a key: one that only looks different is not gone', async () => {
    const scanner = new ItemScanner([{ name: 'id', type: 'S' }]);
    const framed = (id: string) => {
      const json = Buffer.from(JSON.stringify({ id: { S: id } }));
      return scanner.scan(json, 0, json.length).key;
    };
    const origin = { snapshot: 's', file: 'f', line: 1 };
    const gone = { op: 'd', table: 'T', origin, timestampMs: 0, before: null, after: null } as const;
    const json = (id: string) => ({
      ...record(0, null, 'd', 1),
      ...jsonConverter.encode({ ...gone, version: 1, key: framed(id) }),
    });
    const avro = (id: string) => ({ ...record(0, null, 'r', V), key: framed(id) });
    topics.set('rows', [[json('kept'), json('old')], [avro('kept')]]);
    topics.set('changes', [[json('left'), json('left'), json('left')], [json('old')]]);
    await using reader = sweep(null, jsonConverter);
    const { records } = await reader.poll();
    expect(keysOf(records)).toEqual(keysOf([{ key: framed('left') }, { key: framed('old') }]));
    expect(records.map((one) => jsonConverter.encode(one).key.toString()).sort()).toEqual([
      '{"id":{"S":"left"}}',
      '{"id":{"S":"old"}}',
    ]);
  });

  test('is asked of every snapshot but the very first, and of no window', () => {
    const of = (changed: Partial<SnapshotRecord>) => sweeps({ ...snapshot, ...changed });
    expect(of({ epoch: 1, rank: 0 })).toBe(false);
    expect(of({ epoch: 1, rank: 1 })).toBe(true);
    expect(of({ epoch: 2, rank: 0 })).toBe(true);
    expect(of({ epoch: 2, rank: 1, windowOf: 's2' })).toBe(false);
  });
});
