import { expect } from 'vitest';
import { eventually } from '../../rest/rest-client.ts';
import type { TestServices } from '../../services.ts';
import { expectEqualTables } from './compare.ts';
import { offsetsAt, request, untilStates } from './connectors.ts';
import { expectSums, type Status } from './sums.ts';
import type { Worker } from './worker.ts';

/** Stops a connector, resets its offsets, and resumes it, as an operator does over REST. */
export async function resetSource(worker: Worker, connector: string): Promise<void> {
  const path = `/connectors/${connector}`;
  await request(worker, ['PUT', `${path}/stop`], 204);
  await untilStates(worker, connector, 'STOPPED', []);
  expect((await offsetsAt(worker, connector)).length).toBeGreaterThan(0);
  const message = 'The offsets for this connector have been reset successfully';
  expect(await request(worker, ['DELETE', `${path}/offsets`], 200)).toEqual({ message });
  expect(await offsetsAt(worker, connector)).toEqual([]);
  await request(worker, ['PUT', `${path}/resume`], 202);
}

/**
 * Of a table that rests: waits until so much more was published than before, and all of it is dealt with: both tables are equal, and every record, of the first
 * and of the second time, is counted once.
 */
export async function expectAgain(
  services: TestServices,
  file: string,
  before: Status,
  more: { readonly rows?: number; readonly changes?: number },
): Promise<Status> {
  const { rows = 0, changes = 0 } = more;
  const [was] = before.tables;
  await eventually(async () => {
    const [table] = (await expectSums(file)).tables;
    expect(table).toMatchObject({ phase: 'ready', lastError: null });
    expect(table?.snapshot.published).toBeGreaterThanOrEqual((was?.snapshot.published ?? 0) + rows);
    expect(table?.changes.published).toBeGreaterThanOrEqual((was?.changes.published ?? 0) + changes);
    await expectEqualTables(
      { client: services.source.client, table: 'Music' },
      { client: services.target.client, table: 'Music' },
    );
  });
  return expectSums(file);
}
