import { expect, test } from 'vitest';
import { FillError, loadItems } from '../../../workload/fill.ts';
import { keyOf } from '../../../workload/keys.ts';
import { fakeTable } from './fake-table.ts';

const sortedKeys = (records: readonly string[]) => [...records].sort();

test('a fill writes every item once, whatever is throttled, given back or lost on the way', async () => {
  await using table = await fakeTable();
  table.faults = ['throttle', null, 'lost after', null, 'lost before', null];
  table.unprocessed = 1;
  const filled = await loadItems({ ...table.address, items: 130, seed: 3 });
  expect(filled).toEqual({ next: 130, created: 130, updated: 0, unchanged: 0 });
  expect(table.items.size).toBe(130);
  expect(table.records.length).toBe(130);
  expect(table.records.every((record) => record.startsWith('c '))).toBe(true);
});

test('a fill that reads first leaves what is there, and tells updates from creations', async () => {
  await using table = await fakeTable();
  await loadItems({ ...table.address, items: 60, seed: 3 });
  await loadItems({ ...table.address, items: 20, from: 60, seed: 4 });
  table.records.length = 0;
  const filled = await loadItems({ ...table.address, items: 100, seed: 3, readFirst: true });
  expect(filled).toEqual({ next: 100, created: 20, updated: 20, unchanged: 60 });
  expect(
    sortedKeys(table.records)
      .map((record) => record[0])
      .join(''),
  ).toBe('c'.repeat(20) + 'u'.repeat(20));
});

test('a fill goes on where another one ended, and both are the same as one', async () => {
  await using one = await fakeTable();
  await using two = await fakeTable();
  await loadItems({ ...one.address, items: 90, seed: 5 });
  await loadItems({ ...two.address, items: 40, seed: 5 });
  await loadItems({ ...two.address, items: 50, from: 40, seed: 5 });
  expect(new Map([...two.items].sort())).toEqual(new Map([...one.items].sort()));
});

test('an aborted fill ends what is under way and says where to go on', async () => {
  await using table = await fakeTable();
  const stop = new AbortController();
  const onProgress = () => void (table.items.size > 100 && stop.abort());
  const filled = await loadItems({
    ...table.address,
    items: 10_000,
    seed: 3,
    signal: stop.signal,
    onProgress,
  });
  expect(filled.created).toBe(table.items.size);
  expect(filled.next).toBe(filled.created);
  expect(filled.next).toBeLessThan(10_000);
});

test('a fill that is refused says below which number all items are there', async () => {
  await using table = await fakeTable();
  table.faults = [null, null, null, 'refused', null, null];
  const error = await loadItems({ ...table.address, items: 500, seed: 3 }).catch((thrown: unknown) => thrown);
  if (!(error instanceof FillError)) throw new Error('it was not refused');
  const { next, created } = error.filled;
  expect(created).toBe(table.items.size);
  expect([1, 26, 51, 76, 101]).toContain(next);
  const there = new Set(Array.from({ length: next }, (_, n) => JSON.stringify(keyOf(n))));
  const keys = [...table.items.values()].map(({ Artist, SongTitle }) =>
    JSON.stringify({ Artist, SongTitle }),
  );
  expect([...there].filter((key) => !keys.includes(key))).toEqual([]);
  expect(keys.length).toBeLessThan(500);
});
