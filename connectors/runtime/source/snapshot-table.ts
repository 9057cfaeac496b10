import type { SnapshotRecord, TableRecord } from '../../catalog-records.ts';
import type { SnapshotSource } from '../../connector.ts';
import type { ConnectError } from '../../errors.ts';
import { retrying } from '../backoff.ts';
import { until } from '../wake.ts';
import { assertSameTopics } from './earlier-life.ts';
import { assertOwnSnapshots } from './published-by.ts';
import { currentChain, leadSnapshot, publishBegin } from './snapshot-lead.ts';
import { SnapshotRun } from './snapshot-run.ts';
import type { TaskRun } from './task-run.ts';

/**
 * One task's share of the snapshot of one table, and of the windows that continue it, one after the other. Task 0 takes
 * the snapshot and writes the markers.
 */
export class SnapshotTable {
  readonly #task: TaskRun;
  readonly #plugin: SnapshotSource<unknown>;
  readonly #options: unknown;
  readonly #table: string;

  constructor(task: TaskRun, plugin: SnapshotSource<unknown>, options: unknown, table: string) {
    this.#task = task;
    this.#plugin = plugin;
    this.#options = options;
    this.#table = table;
  }

  /** Resolves when all is complete (task 0) or this task's files are read; throws what halts the table. */
  async run(): Promise<void> {
    const { catalog, context, report } = this.#task;
    const { clock, log, signal } = context;
    const world = { clock, log, signal };
    const fault = (error: ConnectError | null) => report.fault(this.#table, error);
    assertOwnSnapshots(this.#task, this.#table);
    const known = this.#chain();
    if (this.#task.task === 0) {
      await retrying(() => leadSnapshot(this.#task, this.#plugin, this.#options, this.#table), world, fault);
    }
    const chain = known ?? (await until(() => this.#chain(), catalog, signal));
    assertOwnSnapshots(this.#task, this.#table);
    // What stood under its names before was deleted as it began: our copy of the positions must say so.
    if (known === null) await this.#task.offsets(this.#task.definition.name).readPastOpen();
    if (chain.at(-1)?.state === 'complete') return;
    for (const one of chain)
      await assertSameTopics(this.#task, this.#task.definition.name, this.#table, one.facts.id);
    report.phase(this.#table, 'loading');
    const record = catalog.table(this.#table) as TableRecord;
    for (const { facts } of chain) {
      const snapshot = await this.#begun(facts.id);
      if (snapshot.state === 'complete') continue;
      const run = new SnapshotRun(this.#task, this.#plugin, this.#options, record, snapshot);
      const partitions = await retrying(() => run.discover(), world, fault);
      await run.readAll(partitions);
      if (this.#task.task === 0) await run.complete(partitions);
    }
  }

  #chain(): readonly SnapshotRecord[] | null {
    const chain = currentChain(this.#task, this.#table);
    return chain.length > 0 ? chain : null;
  }

  /** A window begins when task 0 has completed what it continues: rows of a later one come later (rule C7). */
  async #begun(id: string): Promise<SnapshotRecord> {
    const { catalog, context, task } = this.#task;
    const now = catalog.snapshot(this.#table, id);
    if (task === 0 && now?.state === 'due') await publishBegin(this.#task, this.#table, now);
    const begun = () => {
      const snapshot = catalog.snapshot(this.#table, id);
      return snapshot === null || snapshot.state === 'due' ? null : snapshot;
    };
    return until(begun, catalog, context.signal);
  }
}
