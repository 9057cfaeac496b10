import { describe, expect, test, vi } from 'vitest';
import type { Item } from '../../../schemas/item.ts';
import { keyOfItemAvro } from '../../../schemas/key.ts';
import type { Topics } from '../runtime/topic-fakes.ts';
import { type Made, RowWorld, type Source } from './row-world.ts';
import { keySchema } from './verify-world.ts';

const { topics, source } = vi.hoisted(() => ({
  topics: new Map() as Topics,
  source: new Map<string, Item>() as Source,
}));

vi.mock('../../../connectors/kafka/reader.ts', async () => ({
  TopicReader: (await import('../runtime/topic-fakes.ts')).memoryReader(topics),
}));
vi.mock('../../../connectors/kafka/offsets.ts', async () =>
  (await import('../runtime/topic-fakes.ts')).memoryOffsets(topics),
);
vi.mock('../../../source/scan/scan-client.ts', () => ({
  scanClient: () => ({
    describeTable: async () => ({ id: null, billing: { mode: 'PAY_PER_REQUEST', readUnits: 0 } }),
    async *pages() {
      yield {
        items: [...source.values()].map(({ avro }) => ({ key: keyOfItemAvro(keySchema, avro), avro })),
      };
    },
  }),
}));
vi.mock('../../../sink/alternator/read-back.ts', () => ({
  getItems: async (_data: unknown, _table: string, _schema: unknown, keys: readonly Buffer[]) => {
    const byKey = new Map(
      [...source.values()].map((item) => [keyOfItemAvro(keySchema, item.avro).toString('latin1'), item]),
    );
    return keys.map((key) => byKey.get(key.toString('latin1')) ?? null);
  },
}));

const at = (place: string, value: string): Made => ({ place, value });
const sides = ['source', 'topics'] as const;

/** Twenty items, each of which has changed, and moved if rows move. */
function world(moves: boolean): RowWorld {
  const made = new RowWorld(source, topics, moves);
  for (let n = 0; n < 20; n++) {
    made.write(`row${n}`, at('a', '1'));
    made.write(`row${n}`, at('b', '2'));
  }
  return made;
}

describe.each([
  ['under the keys of their items', false],
  ['that move', true],
] as const)('rows %s', (_, moves) => {
  describe.each(sides)('against the %s', (against) => {
    test('are equal when each is what becomes of its item', async () => {
      const made = world(moves);
      made.write('row3', null);
      made.write('row4', at('c', 'expired'));
      expect(await made.verify({ against })).toMatchObject({ compared: 18, equal: 18, examples: [] });
    });

    test('that expire while they are looked at are no differences', async () => {
      const made = world(moves);
      made.write('row3', at('b', 'soon'));
      made.lose('row3', at('b', 'soon'));
      made.time.at(made.time.nowMs + 1000, () => {
        made.isSoonOver = true;
      });
      expect(await made.verify({ against })).toMatchObject({ equal: 19, missing: 0 });
    });

    test('that are missing, different and extra are found, and named by their items and columns', async () => {
      const made = world(moves);
      made.lose('row7', at('b', '2'));
      made.place('row8', at('b', 'other'));
      made.place('ghost', at('b', 'boo'));
      const report = await made.verify({ against });
      expect(report).toMatchObject({ compared: 21, equal: 18, missing: 1, different: 1, extra: 1 });
      const key = (id: string) => ({ key: { id: { S: id } } });
      expect(report.examples).toHaveLength(3);
      expect(report.examples).toContainEqual({ kind: 'missing', ...key('row7'), attributes: [] });
      expect(report.examples).toContainEqual({ kind: 'different', ...key('row8'), attributes: ['v'] });
      expect(report.examples).toContainEqual({ kind: 'extra', ...key('ghost'), attributes: [] });
    });

    test('are mended with what should be there', async () => {
      const made = world(moves);
      made.lose('row7', at('b', '2'));
      made.place('row8', at('b', 'other'));
      made.place('ghost', at('b', 'boo'));
      const versionNow = () => Promise.resolve(1e16);
      expect(await made.verify({ against, versionNow })).toMatchObject({ equal: 20, repaired: 3 });
      expect(await made.verify({ against })).toMatchObject({ compared: 20, equal: 20 });
    });

    test('of which none can be made are missing or different for good, and never written', async () => {
      const made = world(moves);
      made.write('row5', at('b', 'bad'));
      const versionNow = () => Promise.resolve(1e16);
      const report = await made.verify({ against, versionNow });
      expect(report).toMatchObject({ equal: 19, repaired: 0, refused: 1 });
      expect(report.missing + report.different).toBe(1);
      expect(made.mended).toEqual([]);
      // It can be made again.
      made.write('row5', at('c', '3'));
      expect(await made.verify({ against })).toMatchObject({ equal: 20, compared: 20 });
    });

    test('on which a transform fails are never written either', async () => {
      const made = world(moves);
      made.lose('row7', at('b', '2'));
      const failing = {
        name: 'Failing',
        fingerprint: '',
        apply: () => {
          throw new Error('no such field');
        },
      };
      const versionNow = () => Promise.resolve(1e16);
      const report = await made.verify({ against, versionNow, transforms: [failing], keys: ['row7'] });
      expect(report).toMatchObject({ equal: 0, missing: 1, repaired: 0, refused: 1 });
    });

    test('are compared for some keys, or a sample of them', async () => {
      const made = world(moves);
      made.lose('row7', at('b', '2'));
      made.lose('row9', at('b', '2'));
      const keys = ['row7', 'row8'];
      expect(await made.verify({ against, keys })).toMatchObject({ compared: 2, equal: 1, missing: 1 });
      const sampled = await made.verify({ against, sampleFraction: 0.5 });
      expect(sampled.compared).toBeGreaterThan(0);
      expect(sampled.compared).toBeLessThan(20);
      expect(sampled.extra).toBe(0);
    });

    test('that somebody has written with a higher version wait, and are never said to be immovable', async () => {
      const made = world(moves);
      made.place('row6', at('b', 'foreign'), 2e15);
      const low = await made.verify({ against, versionNow: () => Promise.resolve(1.9e15) });
      expect(low).toMatchObject({ different: 1, waiting: 1, unsettled: 1, immovable: 0, refused: 0 });
      expect(await made.verify({ against, versionNow: () => Promise.resolve(2.1e15) })).toMatchObject({
        equal: 20,
        repaired: 1,
      });
    });

    test('whose newest change is not below the version of a repair wait for a higher one (rule C12)', async () => {
      const made = world(moves);
      const version = made.write('row6', at('b', '3'));
      made.lose('row6', at('b', '3'));
      made.lose('row7', at('b', '2'));
      for (const known of [version, null]) {
        const report = await made.verify({ against: 'topics', versionNow: () => Promise.resolve(known) });
        expect(report).toMatchObject({ waiting: 1, unsettled: 1, immovable: 0, refused: 0 });
      }
      expect(made.asked.filter(({ newest }) => newest >= version)).toEqual([]);
      const report = await made.verify({ against, versionNow: () => Promise.resolve(version + 1) });
      expect(report).toMatchObject({ equal: 20, repaired: 1 });
    });
  });
});

describe.each(sides)('rows that move, against the %s', (against) => {
  test('are extra where their item stood before, also for keys that are asked for', async () => {
    const made = world(true);
    made.place('row7', at('a', '1'));
    for (const keys of [undefined, ['row7']]) {
      const report = await made.verify(keys === undefined ? { against } : { against, keys });
      expect(report).toMatchObject({ missing: 0, different: 0, extra: 1 });
      expect(report.examples[0]).toMatchObject({ kind: 'extra', key: { id: { S: 'row7' } } });
    }
    const mended = await made.verify({ against, versionNow: () => Promise.resolve(1e16) });
    expect(mended).toMatchObject({ equal: 20, extra: 0, repaired: 1 });
  });

  test('that move while they are looked at are no differences', async () => {
    const made = world(true);
    made.lose('row7', at('b', '2'));
    made.time.at(made.time.nowMs + 1000, () => made.write('row7', at('c', '3')));
    expect(await made.verify({ against })).toMatchObject({ equal: 19, missing: 0, extra: 0 });
  });
});

test('records of earlier epochs tell nothing of rows that move', async () => {
  const made = world(true);
  const versionMin = made.write('row0', at('c', '3'));
  for (let n = 1; n < 20; n++) made.lose(`row${n}`, at('b', '2'));
  expect(await made.verify({ against: 'topics', versionMin })).toMatchObject({ compared: 1, equal: 1 });
});

test('rows with keys longer than any of DynamoDB’s are compared like others', async () => {
  const made = new RowWorld(source, topics, true);
  const long = 'x'.repeat(60_000);
  for (let n = 0; n < 40; n++) made.write(`row${n}`, at(`${long}${n}`, '1'));
  made.place('row3', at(long, '1'));
  expect(await made.verify({ against: 'source' })).toMatchObject({ compared: 41, equal: 40, extra: 1 });
});
