import type { MigrationStatus, TableStatus } from '../../migration/status.ts';
import type { Counts } from '../../workload/counts.ts';
import type { Workload } from '../../workload/workload.ts';
import { exitCodes } from '../exit.ts';
import { changesOf, type Loading, watchUntil } from './load.ts';
import type { Verified } from './report.ts';
import { fileName, fileOf, follow, messina, type Stage } from './stage.ts';
import { grouped } from './story.ts';
import type { Watch } from './watch.ts';

/** What is not written this long after the last change is left for `verify` to find. */
const drainMaxMs = 60_000;

export interface Drained {
  readonly made: Counts;
  readonly table: TableStatus;
  readonly lagSeconds: number;
}

/** Ends the workload, and waits until the migration is ready and holds every change that was made. */
export async function drain(
  stage: Stage,
  workload: Workload,
  { migrate }: Loading,
  watch: Watch,
): Promise<Drained> {
  const { story } = stage;
  return story.step(`The application stops; messina status ${fileName} --wait ready`, async (telling) => {
    const made = await workload.stop();
    const changes = changesOf(made);
    const endMs = performance.now() + drainMaxMs;
    await using child = messina(stage, ['status', fileOf(stage), '--wait', 'ready', '--json']);
    const table = await watchUntil(stage, workload, watch, telling, migrate, (one) => {
      const isComplete = one.changes.published >= changes && one.changes.lagRecords === 0;
      return (one.phase === 'ready' && isComplete) || performance.now() > endMs;
    });
    const status = JSON.parse((await child.result).stdout) as MigrationStatus;
    const lagSeconds = status.tables[0]?.changes.lagSeconds ?? 0;
    const captured = `${grouped(table.changes.published)} of ${grouped(changes)} changes are in the target`;
    return [{ made, table, lagSeconds }, `${status.phase}; ${captured}`];
  });
}

/**
 * Compares a target with the source, in both directions, while the migration runs on.
 * @param flags say what else it is compared with
 */
export async function verify(
  stage: Stage,
  file = fileName,
  flags: readonly string[] = [],
): Promise<Verified> {
  return stage.story.step(['messina verify', file, ...flags].join(' '), async (telling) => {
    await using child = messina(
      stage,
      ['verify', fileOf(stage, file), ...flags, '--json'],
      [exitCodes.done, exitCodes.differences],
    );
    const { stdout } = await follow(stage, child, telling, () => []);
    const report = JSON.parse(stdout) as { tables: readonly Verified[] };
    const [table] = report.tables;
    if (table === undefined) throw new Error('messina verify compared no table');
    const { compared, missing, different, extra } = table;
    const found = missing + different + extra;
    const sides = flags.includes('topics') ? 'topics and target' : 'source and target';
    const outcome = found === 0 ? `${sides} are equal` : `${grouped(found)} differences`;
    return [{ compared, missing, different, extra }, `${grouped(compared)} keys compared; ${outcome}`];
  });
}
