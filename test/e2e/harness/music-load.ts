import { expect } from 'vitest';
import { loadItems } from '../../../workload/fill.ts';
import { createMusicTable } from '../../../workload/table.ts';
import { startWorkload, type Workload } from '../../../workload/workload.ts';
import type { TestServices } from '../../services.ts';
import { until } from '../kafka-testing.ts';
import { expectEqualTables } from './compare.ts';
import type { Witness } from './scene.ts';
import { expectSums } from './sums.ts';

export interface MusicLoad extends AsyncDisposable {
  readonly workload: Workload;
  /** Ends the load: nothing changes any more. @returns how many changes there were. */
  stop(): Promise<number>;
}

/** A Music table with a stream and some items, which changes until it is stopped. */
export async function musicUnderLoad(
  { source, credentials }: TestServices,
  options: { readonly items: number; readonly seed: number; readonly rate: number },
): Promise<MusicLoad> {
  const { items, seed, rate } = options;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items, seed });
  const workload = startWorkload({ ...address, items, seed: seed + 1, rate });
  return {
    workload,
    stop: async () => {
      const { c, u, d } = (await workload.stop()).byEffect;
      return items + c + u + d;
    },
    [Symbol.asyncDispose]: () => workload[Symbol.asyncDispose](),
  };
}

/** Waits until more changes are written than were: whatever a test has done, the migration goes on. */
export async function untilChangesFlow(seen: Witness): Promise<void> {
  const { changesDone } = await seen.look();
  await until('changes flow', async () => (await seen.look()).changesDone > changesDone + 50);
}

/** Ends the load, waits until all of it is written: both tables are equal, and every record is counted once. */
export async function expectMigrated(
  services: TestServices,
  load: MusicLoad,
  seen: Witness,
  file: { readonly path: string },
): Promise<void> {
  const changes = await load.stop();
  await until('all changes are written', async () => {
    const { gatesOpen, changesDone } = await seen.look();
    return gatesOpen === 4 && changesDone === changes;
  });
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
  const status = await expectSums(file.path);
  expect(status.tables[0]?.changes.published).toBe(changes);
}
