import { expect, test } from 'vitest';
import { execute, type WrittenTable } from '../../../workload/execute.ts';
import { MIXED } from '../../../workload/items.ts';
import { MUSIC_KEYS } from '../../../workload/keys.ts';
import type { Effect, OperationKind } from '../../../workload/operations.ts';
import { startWorkload } from '../../../workload/workload.ts';
import { type Fault, fakeTable } from './fake-table.ts';

const counted = ({ c, u, d }: { c: number; u: number; d: number }) => ({ c, u, d });

const recorded = (records: readonly string[]) =>
  Object.fromEntries(
    ['c', 'u', 'd'].map((effect) => [effect, records.filter((record) => record[0] === effect).length]),
  );

test('a workload counts what the stream shows, also when it is run again over what it left', async () => {
  await using table = await fakeTable();
  const options = { ...table.address, seed: 3, items: 40, hotKeys: 5, rate: 100_000, operations: 300 };
  for (const run of ['first', 'second']) {
    table.records.length = 0;
    const { byEffect, operations } = await startWorkload(options).finished;
    expect({ run, operations, ...counted(byEffect) }).toEqual({
      run,
      operations: 300,
      ...recorded(table.records),
    });
    expect(byEffect.unknown).toBe(0);
  }
  expect(table.records.length).toBeLessThan(300);
});

test('the same seed does the same writes in the same order to each key', async () => {
  const histories = async () => {
    await using table = await fakeTable();
    const options = { ...table.address, seed: 9, items: 40, hotKeys: 5, rate: 100_000, operations: 300 };
    await startWorkload(options).finished;
    const byKey = new Map<string, unknown[]>();
    for (const { body } of table.stub.requests) {
      const { Item, Key, ...rest } = JSON.parse(body) as Record<string, Record<string, unknown>>;
      const { Artist, SongTitle } = Item ?? Key ?? {};
      const key = JSON.stringify([Artist, SongTitle]);
      byKey.set(key, [...(byKey.get(key) ?? []), { Item, rest }]);
    }
    return byKey;
  };
  const [one, other] = [await histories(), await histories()];
  expect(other).toEqual(one);
  expect([...one.values()].some((history) => history.length > 5)).toBe(true);
});

test('a mix leaves out the kinds that it does not name', async () => {
  await using table = await fakeTable();
  const mix = ['put', 'delete'] as const;
  const { byKind } = await startWorkload({
    ...table.address,
    seed: 3,
    items: 10,
    hotKeys: 5,
    rate: 100_000,
    operations: 100,
    mix,
  }).finished;
  expect(byKind).toMatchObject({ update: 0, replace: 0 });
  expect(byKind.put + byKind.delete).toBe(100);
});

const cases: [OperationKind, before: boolean, Fault[], Effect, string][] = [
  ['put', false, [], 'c', 'c'],
  ['put', true, [], 'u', 'u'],
  ['put', true, ['throttle', 'throttle'], 'u', 'u'],
  ['put', true, ['lost before'], 'u', 'u'],
  ['put', false, ['lost before'], 'c', 'c'],
  ['put', false, ['lost after'], 'unknown', 'c'],
  ['update', true, [], 'u', 'u'],
  ['update', true, ['lost before'], 'u', 'u'],
  ['update', true, ['lost after'], 'unknown', 'u'],
  ['update', false, ['throttle'], 'c', 'c'],
  ['delete', true, [], 'd', 'd'],
  ['delete', false, ['throttle'], 'none', ''],
  ['delete', true, ['lost before'], 'd', 'd'],
  ['delete', true, ['lost after'], 'unknown', 'd'],
  ['delete', false, ['lost after'], 'unknown', ''],
];

test.each(cases)(
  '%s over an item: %s, after %j, counts as %s where the stream shows "%s"',
  async (...one) => {
    const [kind, before, faults, effect, record] = one;
    await using table = await fakeTable();
    await using data = table.stub.client();
    const to: WrittenTable = { data, table: 'T', keys: MUSIC_KEYS, shape: MIXED, seed: 1 };
    if (before) await execute(to, { kind: 'put', number: 1, index: 4 });
    table.records.length = 0;
    table.faults = faults;
    expect(await execute(to, { kind, number: 7, index: 4 })).toBe(effect);
    expect(table.records.map((text) => text[0]).join('')).toBe(record);
  },
);

test('the same write again is none', async () => {
  await using table = await fakeTable();
  await using data = table.stub.client();
  const to: WrittenTable = { data, table: 'T', keys: MUSIC_KEYS, shape: MIXED, seed: 1 };
  for (const kind of ['put', 'replace', 'update'] as const) {
    await execute(to, { kind, number: 7, index: 4 });
    expect(await execute(to, { kind, number: 7, index: 4 })).toBe('none');
  }
});
