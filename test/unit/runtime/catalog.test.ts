import { expect, test, vi } from 'vitest';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import { Catalog, catalogKeys } from '../../../connectors/runtime/catalog.ts';

function logOf(records: Readonly<Record<string, object>>) {
  const values = new Map(Object.entries(records).map(([key, value]) => [key, JSON.stringify(value)]));
  return {
    get: (key: string) => values.get(key) ?? null,
    entries: vi.fn(() => values.entries()),
    subscribe: () => () => {},
  };
}

const catalogOf = (records: Readonly<Record<string, object>>) =>
  new Catalog(logOf(records) as unknown as KeyedLog);

test('a sink’s record of before epochs and settings were told is of the table’s epoch, and changed none', () => {
  const old = { fingerprint: 'f', targetTable: 't', preparedMs: 1, mendedSnapshot: null };
  const catalog = catalogOf({
    [catalogKeys.table('T')]: { facts: { table: 'T' }, epoch: { number: 3 } },
    [catalogKeys.sink('old', 'T')]: old,
    [catalogKeys.sink('new', 'T')]: { ...old, epoch: 2, restore: { gc: '1' } },
  });
  expect(catalog.sink('old', 'T')).toEqual({ ...old, epoch: 3, restore: {} });
  expect(catalog.sink('new', 'T')).toEqual({ ...old, epoch: 2, restore: { gc: '1' } });
});

test('repairs of a table are known whatever target they went to, and no other table’s', () => {
  const catalog = catalogOf({
    [catalogKeys.repair('m-cql', 'T')]: { version: 7 },
    [catalogKeys.repair('m-other', 'T')]: { version: 9 },
    [catalogKeys.repair('m-cql', 'my.T')]: { version: 99 },
    [catalogKeys.sink('m-cql', 'T')]: { version: 100 },
  });
  expect(catalog.repairedTo('T')).toBe(9);
  expect(catalog.repairedTo('U')).toBe(0);
  expect(catalog.repair('m-cql', 'T')).toEqual({ version: 7 });
});

test('sinks are told by name, whatever the name holds', () => {
  const catalog = catalogOf({ [catalogKeys.sink('a/b', 'T')]: {}, [catalogKeys.sink('c', 'my.T')]: {} });
  expect(catalog.sinks()).toEqual([
    { connector: 'a/b', table: 'T' },
    { connector: 'c', table: 'my.T' },
  ]);
});

test('chains are found in one pass over the records, however many tables there are', () => {
  const tables = Array.from({ length: 20 }, (_, n) => `T${n}`);
  const records = tables.flatMap((table) => [
    [catalogKeys.table(table), { facts: { table }, epoch: { number: 2 } }],
    [catalogKeys.snapshot(table, 'w'), { facts: { id: 'w' }, epoch: 2, rank: 1, windowOf: 's' }],
    [catalogKeys.snapshot(table, 's'), { facts: { id: 's' }, epoch: 2, rank: 0, windowOf: null }],
    [catalogKeys.snapshot(table, 'old'), { facts: { id: 'old' }, epoch: 1, rank: 0, windowOf: null }],
    [catalogKeys.snapshotPartition(table, 's', 0), { beginOffset: 0 }],
  ]);
  const log = logOf(Object.fromEntries(records));
  const catalog = new Catalog(log as unknown as KeyedLog);
  for (const table of tables) {
    expect(catalog.currentChain(table).map(({ facts }) => facts.id)).toEqual(['s', 'w']);
    expect(catalog.snapshots(table).map(({ facts }) => facts.id)).toEqual(['old', 's', 'w']);
  }
  expect(log.entries).toHaveBeenCalledTimes(1);
});
