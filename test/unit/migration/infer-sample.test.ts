import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { chainOf } from '../../../connectors/transforms/chain.ts';
import type { ScanPage } from '../../../dynamodb/scan.ts';
import { SampleTally } from '../../../migration/infer/sample-tally.ts';
import { sampleScan } from '../../../migration/infer/scan-sample.ts';
import { evenShares } from '../../../migration/infer/shares.ts';
import { sampleTopics } from '../../../migration/infer/topic-sample.ts';
import { encodeMarker } from '../../../schemas/change-codec.ts';
import { attributes, deleteRecord, putRecord, sinkTable } from '../../sink-records.ts';
import type { Topics } from '../runtime/topic-fakes.ts';
import { ScanWorld } from '../source/scan-world.ts';
import { FACTS } from '../source/stream-world.ts';

const topics = vi.hoisted(() => new Map()) as Topics;

vi.mock('../../../connectors/kafka/reader.ts', async () => ({
  TopicReader: (await import('../runtime/topic-fakes.ts')).memoryReader(topics),
}));
vi.mock('../../../connectors/kafka/offsets.ts', async () =>
  (await import('../runtime/topic-fakes.ts')).memoryOffsets(topics),
);
vi.mock('../../../connectors/kafka/topics.ts', () => ({
  describeTopics: async (_: unknown, names: readonly string[]) =>
    new Map(names.map((name) => [name, topics.has(name) ? {} : null])),
}));

const table = sinkTable('T');
const put = (id: string, more = {}) => putRecord(table, attributes({ id: { S: id }, ...more }));
const counts = ({ items, deletes, filtered, failed }: SampleTally) => ({ items, deletes, filtered, failed });

describe('shares', () => {
  test('are even where there is enough, and give what small places lack to the others', () => {
    expect(evenShares([100, 100, 100], 30)).toEqual([10, 10, 10]);
    expect(evenShares([100, 2, 100, 0], 30)).toEqual([14, 2, 14, 0]);
    expect(evenShares([5, 5], 100)).toEqual([5, 5]);
    expect(evenShares([9, 9, 9], 4).reduce((a, b) => a + b)).toBe(4);
    expect(evenShares([], 4)).toEqual([]);
  });

  test('are never more than a place holds, and in sum all that was asked or all there is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1 }), fc.nat(400), (sizes, total) => {
        const shares = evenShares(sizes, total);
        shares.forEach((share, i) => {
          expect(share).toBeLessThanOrEqual(sizes[i]!);
        });
        const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
        expect(sum(shares)).toBe(Math.min(total, sum(sizes)));
      }),
    );
  });
});

describe('a sample of topics', () => {
  beforeEach(() => topics.clear());

  const add = (topic: string, ...records: readonly { key: Buffer | null; value: Buffer | null }[]) => {
    const into = topics.get(topic) ?? [];
    topics.set(topic, into);
    for (const one of records)
      into.push({ offset: into.length, timestampMs: 0, headers: [], key: one.key, value: one.value });
  };
  const read = async (recordsMax: number, sample = new SampleTally([])) => {
    const names = ['t.snapshot', 't.changes'];
    await sampleTopics({} as KafkaClient, names, recordsMax, sample, new AbortController().signal);
    return sample;
  };
  const marker = { snapshot: 'x', rank: 0, version: 1, exportMs: 1, changesOffset: 0, rows: null } as const;

  test('holds rows and changes, without markers, deletes and what cannot be read', async () => {
    add('t.snapshot', { key: null, value: encodeMarker({ ...marker, kind: 'begin' }) });
    add('t.snapshot', avroConverter.encode(put('a')), avroConverter.encode(put('b', { n: { N: '1' } })));
    const whole = avroConverter.encode(put('c'));
    add('t.changes', whole, avroConverter.encode(deleteRecord(table, attributes({ id: { S: 'a' } }))));
    add('t.changes', { key: whole.key, value: whole.value.subarray(0, 40) }, { key: whole.key, value: null });
    const sample = await read(100);
    expect(counts(sample)).toEqual({ items: 3, deletes: 1, filtered: 0, failed: 1 });
    expect([...sample.attributes].map(([name, { values }]) => [name, values])).toEqual([
      ['id', 3],
      ['n', 1],
    ]);
  });

  test('is made of the newest records of each', async () => {
    for (let n = 0; n < 50; n++) add('t.changes', avroConverter.encode(put('x', { [`c${n}`]: { S: '' } })));
    for (let n = 0; n < 50; n++) add('t.snapshot', avroConverter.encode(put('x', { [`s${n}`]: { S: '' } })));
    const { items, attributes: found } = await read(8);
    expect(items).toBe(8);
    expect([...found.keys()].sort()).toEqual(['c46', 'c47', 'c48', 'c49', 'id', 's46', 's47', 's48', 's49']);
  });

  test('takes a topic that is not there for empty', async () => {
    add('t.snapshot', avroConverter.encode(put('a')));
    expect(counts(await read(10))).toMatchObject({ items: 1 });
  });

  test('is seen as the transforms leave it', async () => {
    add('t.changes', avroConverter.encode(put('a', { debug: { S: 'x' }, n: { N: '1' } })));
    const transforms = chainOf(
      [{ type: 'ReplaceField$Value', exclude: 'debug' }],
      {},
      { topicsOf: () => [] },
    );
    const { attributes: found } = await read(10, new SampleTally(transforms));
    expect([...found.keys()].sort()).toEqual(['id', 'n']);
  });
});

test('items that transforms filter or fail on are counted apart', () => {
  const filter = { name: 'f', fingerprint: '', apply: () => null };
  const fail = {
    name: 'f',
    fingerprint: '',
    apply: () => {
      throw new Error('no');
    },
  };
  const filtered = new SampleTally([filter]);
  const failed = new SampleTally([fail]);
  for (const sample of [filtered, failed]) sample.add(put('a'));
  expect(counts(filtered)).toEqual({ items: 0, deletes: 0, filtered: 1, failed: 0 });
  expect(counts(failed)).toEqual({ items: 0, deletes: 0, filtered: 0, failed: 1 });
  expect([failed, filtered].map((sample) => sample.attributes.size)).toEqual([0, 0]);
});

describe('a sample of a scan', () => {
  const scan = async (world: ScanWorld, itemsMax: number, readCapacity = 0.5) => {
    const sample = new SampleTally([]);
    const request = { facts: FACTS, itemsMax, segments: 4, readCapacity };
    await sampleScan(world, request, sample, world.context);
    return sample;
  };

  test('is spread over the segments, and reads no more pages than it needs', async () => {
    const world = new ScanWorld();
    const pages = vi.fn<(page: ScanPage) => void>();
    const whole = world.pages.bind(world);
    world.pages = async function* (request) {
      for await (const page of whole(request)) {
        pages(page);
        yield page;
      }
    };
    expect((await scan(world, 22)).items).toBe(22);
    // Of the three that each segment has.
    expect(pages).toHaveBeenCalledTimes(4 * 2);
    expect(world.requests.map(({ segment, limit, consistent }) => [segment, limit, consistent])).toEqual([
      [0, 6, false],
      [1, 6, false],
      [2, 5, false],
      [3, 5, false],
    ]);
  });

  test('holds the whole of a table that is smaller', async () => {
    expect((await scan(new ScanWorld(), 1000)).items).toBe(40);
    const one = new ScanWorld();
    expect((await scan(one, 1)).items).toBe(1);
    expect(one.requests).toHaveLength(1);
  });

  test('keeps to the rate of the migration file', async () => {
    const world = new ScanWorld();
    world.unitsPerPage = 50;
    const begunMs = world.clock.nowMs;
    await scan(world, 1000, 10);
    // Behind each of the two pages of a segment that have another one behind them.
    expect(world.clock.nowMs - begunMs).toBeGreaterThan(((4 * 2 * 50) / 10) * 1000 - 6000);
  });

  test('that fails says so in the words of the table of errors', async () => {
    const world = new ScanWorld();
    world.fault = new Error('no such thing');
    await expect(scan(world, 10)).rejects.toMatchObject({
      name: 'ConnectError',
      detail: { table: FACTS.table },
    });
  });
});
