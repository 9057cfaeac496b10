import { expect, test } from 'vitest';
import type { RepairRecord } from '../../../connectors/catalog-records.ts';
import { RepairVersions } from '../../../migration/verify/repair-version.ts';

const SECOND_US = 1_000_000;

/** A table whose topics are read up to some time, or that nobody captures. */
function world(readTo: number | null | 'none', snapshotVersion = 5) {
  const told = { nowMs: 0, readTo, asked: 0, reserved: [] as number[], snapshotVersion };
  const open = () =>
    new RepairVersions({
      clock: { monotonic: () => told.nowMs },
      readTo: async () => {
        told.asked += 1;
        return told.readTo;
      },
      snapshotVersion: () => told.snapshotVersion,
      reserved: () => reservedOf(told.reserved),
      reserve: async ({ version }) => void told.reserved.push(version),
    });
  return { told, open, versions: open() };
}

const reservedOf = (reserved: readonly number[]): RepairRecord | null =>
  reserved.length === 0 ? null : { version: reserved.at(-1)! };

test('a repair ranks below every change that is not in the topics yet (rule C12)', async () => {
  const { told, versions } = world(100_999);
  expect(await versions.now()).toBe((100 - 62) * SECOND_US);
  told.readTo = 107_000;
  told.nowMs = 999;
  expect(await versions.now()).toBe((100 - 62) * SECOND_US);
  told.nowMs = 1000;
  expect(await versions.now()).toBe((107 - 62) * SECOND_US);
  expect(told.asked).toBe(2);
});

test('none is safe while it is not known how far the topics go, and a failure is not kept', async () => {
  const { told, versions } = world(null);
  expect(await versions.now()).toBeNull();
  expect(told.reserved).toEqual([]);
  told.nowMs = 1000;
  Object.defineProperty(told, 'readTo', {
    get: () => {
      throw new Error('no broker');
    },
    configurable: true,
  });
  await expect(versions.now()).rejects.toThrow('no broker');
  Object.defineProperty(told, 'readTo', { value: 100_000 });
  expect(await versions.now()).toBe(38 * SECOND_US);
});

test('what a repair writes is reserved before, about once a minute, so that a later epoch outranks it (rule C2)', async () => {
  const { told, open, versions } = world(100_000);
  for (let second = 0; second < 150; second++) {
    told.readTo = 100_000 + second * 1000;
    told.nowMs = second * 1000;
    const version = await versions.now();
    expect(told.reserved.at(-1)).toBeGreaterThanOrEqual(version!);
  }
  expect(told.reserved).toHaveLength(3);
  // A later process finds what is reserved.
  await open().now();
  expect(told.reserved).toHaveLength(3);
});

test('of a copy, repairs count on from its snapshot and from the repairs before them', async () => {
  const { told, open, versions } = world('none', 1000);
  expect(await versions.now()).toBe(1001);
  told.nowMs = 1000;
  expect(await versions.now()).toBe(1002);
  expect(await open().now()).toBe(1003);
  expect(told.reserved).toEqual([1001, 1002, 1003]);
});
