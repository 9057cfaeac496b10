import type { SinkTable } from '../../connectors/catalog-records.ts';
import type { LaneStanding, PutFailure, SinkTask } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Delivery, type Outbox, type WriteTarget } from './delivery.ts';

export interface TaskParts {
  readonly outbox: Outbox;
  readonly targetOf: (table: SinkTable) => WriteTarget;
  /** As {@link SinkTask.tableId}. */
  readonly tableId: (table: SinkTable) => Promise<string | null>;
  /** Closes what the task has opened. */
  readonly close: () => Promise<void>;
}

/** Writes rows that carry their versions: in any order, many at once, across lanes and within them (rule C6). */
export class CqlTask implements SinkTask {
  readonly #parts: TaskParts;
  readonly #targets = new Map<string, WriteTarget>();

  constructor(parts: TaskParts) {
    this.#parts = parts;
  }

  /** Rule C6: what the last owner left in flight carries its version, and loses to what is newer. */
  adopt(): Promise<void> {
    return Promise.resolve();
  }

  async put(
    table: SinkTable,
    _lane: string,
    batch: readonly ChangeRecord[],
    standing?: LaneStanding,
  ): Promise<readonly PutFailure[]> {
    if (batch.length === 0) return [];
    const isOurs = () => standing === undefined || standing.isOurs();
    const { outbox } = this.#parts;
    const delivery = new Delivery(outbox, this.#targetOf(table), isOurs, standing?.failsAfterMs);
    return delivery.run(batch, standing?.firstVersion ?? null);
  }

  tableId(table: SinkTable): Promise<string | null> {
    return this.#parts.tableId(table);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.outbox.tally.flush();
    await this.#parts.close();
  }

  #targetOf(table: SinkTable): WriteTarget {
    const name = table.facts.table;
    let found = this.#targets.get(name);
    if (found === undefined) this.#targets.set(name, (found = this.#parts.targetOf(table)));
    return found;
  }
}
