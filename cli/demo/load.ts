import type { TableStatus } from '../../migration/status.ts';
import { isAt } from '../../migration/wait-status.ts';
import type { Counts } from '../../workload/counts.ts';
import type { Workload } from '../../workload/workload.ts';
import { progressRows } from '../actions/progress-rows.ts';
import type { Child } from './child.ts';
import { workloadRow } from './prepare.ts';
import { fileName, fileOf, messina, type Stage } from './stage.ts';
import { grouped, type Telling } from './story.ts';
import type { Watch } from './watch.ts';

const lookIntervalMs = 200;
/** Progress is committed twice a second; longer than this without any is a pause. */
const pauseMs = 1_500;
/** Share of the rows that are written when the process is killed. */
const killAt = 0.3;

/** Writes that the stream shows: all but deletes of nothing. */
export const changesOf = ({ byEffect: { c, u, d } }: Counts): number => c + u + d;

export interface Loading {
  /** `messina migrate`, which follows on. */
  readonly migrate: Child;
  readonly killedAtRows: number;
  readonly loadingSeconds: number;
  /** Of these, the seconds in which rows were written: without starting, and waiting for what was killed. */
  readonly writingSeconds: number;
  readonly deletes: number;
  readonly reinserts: number;
}

/** Migrates until all rows are written, with a SIGKILL in the middle, while the workload goes on. */
export async function loadWithKill(stage: Stage, workload: Workload, watch: Watch): Promise<Loading> {
  const begunMs = performance.now();
  const before = workload.counts();
  const writing = new WritingTime();
  const killedAtRows = await killHalfway(stage, workload, watch, writing);
  const { migrate, after, endedMs } = await resume(stage, workload, watch, writing);
  return {
    migrate,
    killedAtRows,
    loadingSeconds: (endedMs - begunMs) / 1000,
    writingSeconds: writing.ms / 1000,
    deletes: after.byEffect.d - before.byEffect.d,
    reinserts: after.reinserts - before.reinserts,
  };
}

async function killHalfway(
  stage: Stage,
  workload: Workload,
  watch: Watch,
  writing: WritingTime,
): Promise<number> {
  const { story, settings } = stage;
  return story.step(`messina migrate ${fileName}, killed on its way`, async (telling) => {
    await using child = messina(stage, ['migrate', fileOf(stage)]);
    const isHalfway = ({ snapshot }: TableStatus) => {
      writing.see(snapshot.written);
      return snapshot.written >= settings.items * killAt;
    };
    const { snapshot } = await watchUntil(stage, workload, watch, telling, child, isHalfway);
    await child.crash();
    const rows = `${grouped(snapshot.written)} of ${grouped(settings.items)} rows`;
    return [snapshot.written, `SIGKILL after ${rows}`];
  });
}

async function resume(stage: Stage, workload: Workload, watch: Watch, writing: WritingTime) {
  const { story, settings } = stage;
  return story.step('The same command again', async (telling) => {
    const migrate = messina(stage, ['migrate', fileOf(stage)]);
    // Writes through CQL carry versions: what the killed one left under way does no harm.
    const then = settings.target === 'cql' ? '' : ', then the timeout of the target (10 s)';
    telling.note(`It waits until the session of the killed one has run out (10 s)${then}.`);
    let loaded: { readonly endedMs: number; readonly after: Counts } | null = null;
    await watchUntil(stage, workload, watch, telling, migrate, (table) => {
      if (loaded === null) writing.see(table.snapshot.written);
      if (isAt(table, 'loaded')) loaded ??= { endedMs: performance.now(), after: workload.counts() };
      return loaded !== null && changesOf(workload.counts()) >= settings.changesMin;
    });
    const { endedMs, after } = loaded ?? { endedMs: performance.now(), after: workload.counts() };
    return [{ migrate, endedMs, after }, 'all rows are written, changes follow'];
  });
}

/** Adds up the time in which rows were written. */
class WritingTime {
  ms = 0;
  #written = 0;
  #sinceMs = performance.now();

  /** @param written rows so far. Called all the time: what shows no new rows for long was a pause. */
  see(written: number): void {
    if (written <= this.#written) return;
    const nowMs = performance.now();
    this.ms += Math.min(nowMs - this.#sinceMs, pauseMs);
    this.#sinceMs = nowMs;
    this.#written = written;
  }
}

/** Looks at a migration until it is where `reached` says. Throws when its process ends before. */
export async function watchUntil(
  stage: Stage,
  workload: Workload,
  watch: Watch,
  telling: Telling,
  child: Child,
  reached: (table: TableStatus) => boolean,
): Promise<TableStatus> {
  const rowsOf = progressRows();
  const row = workloadRow(workload);
  for (;;) {
    const status = await watch.look();
    const table = status?.tables[0];
    telling.show([row(), ...(status ? rowsOf(status) : [])]);
    if (table && reached(table)) return table;
    if (!child.running) {
      await child.result;
      throw new Error(`${child.line} ended early`);
    }
    await stage.story.pause(lookIntervalMs);
  }
}
