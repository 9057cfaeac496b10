import type { SinkTable } from '../../connectors/catalog-records.ts';
import type { Clock } from '../../connectors/clock.ts';
import type { LaneStanding, PutFailure, SinkTask, TakeOver } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Delivery, type Outbox, type Send } from './delivery.ts';
import { Lane } from './lane.ts';
import { unsendable } from './refusal.ts';

export interface TaskParts {
  readonly outbox: Outbox;
  readonly targetTable: (table: string) => string;
  /** What sends a batch of a table to a node. */
  readonly sender: (table: SinkTable, target: string) => Send;
  /** Items above this are refused here, before a whole request is refused for them; null: no limit of the server's. */
  readonly itemBytesMax: number | null;
  /** As {@link SinkTask.tableId}. */
  readonly tableId: (table: SinkTable) => Promise<string | null>;
  /** Closes what the task has opened. */
  readonly close: () => Promise<void>;
}

/** Writes to Alternator in the order of the calls; the server's clock keeps that order (rule C7). */
export class AlternatorTask implements SinkTask {
  readonly #parts: TaskParts;
  readonly #lanes = new Map<string, Lane>();

  constructor(parts: TaskParts) {
    this.#parts = parts;
  }

  /** Rule C7: the last owner's writes are executed within the server's timeout, and stamped by a clock that may be ahead. */
  async adopt(_table: SinkTable, _lane: string, takeOver: TakeOver): Promise<void> {
    if (takeOver.first) return;
    const { clock, signal, serverTimeoutMs, clockSkewMs } = this.#parts.outbox;
    await clock.sleep(takeOver.clean ? clockSkewMs : serverTimeoutMs + clockSkewMs, signal);
  }

  async put(
    table: SinkTable,
    lane: string,
    batch: readonly ChangeRecord[],
    standing?: LaneStanding,
  ): Promise<readonly PutFailure[]> {
    if (batch.length === 0) return [];
    checkKeysOnce(batch);
    const { outbox, targetTable, sender } = this.#parts;
    const target = targetTable(table.facts.table);
    const own = this.#laneOf(table.facts.table, lane);
    await own.free(outbox.clock, outbox.signal);

    const isOurs = () => standing === undefined || standing.isOurs();
    const send = sender(table, target);
    const delivery = new Delivery(outbox, own, target, batch, send, isOurs, standing?.failsAfterMs);
    const indexes = this.#sendable(target, batch, delivery.failures);
    await Promise.all(
      spaced(outbox, batch, indexes).map((part) => sendAt(outbox.clock, outbox.signal, delivery, part)),
    );
    if (delivery.broken !== null) throw delivery.broken;
    own.settled();
    return delivery.failures.sort((a, b) => a.index - b.index);
  }

  tableId(table: SinkTable): Promise<string | null> {
    return this.#parts.tableId(table);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.close();
  }

  #laneOf(table: string, lane: string): Lane {
    const name = JSON.stringify([table, lane]);
    let found = this.#lanes.get(name);
    if (found === undefined) this.#lanes.set(name, (found = new Lane()));
    return found;
  }

  #sendable(target: string, batch: readonly ChangeRecord[], failures: PutFailure[]): number[] {
    const { itemBytesMax } = this.#parts;
    const indexes: number[] = [];
    for (let index = 0; index < batch.length; index++) {
      const error = unsendable(target, batch[index]!, itemBytesMax);
      if (error === null) indexes.push(index);
      else failures.push({ index, error });
    }
    return indexes;
  }
}

interface Part {
  /** Monotonic ms before which these may not be written. */
  readonly fromMs: number;
  readonly indexes: readonly number[];
}

/** Rule C7, behind a load balancer: what was acknowledged within the skew bound waits; the rest goes at once. */
function spaced(outbox: Outbox, batch: readonly ChangeRecord[], indexes: readonly number[]): Part[] {
  const { spacing, clock } = outbox;
  if (spacing === null) return [{ fromMs: 0, indexes }];
  const nowMs = clock.monotonic();
  const free: number[] = [];
  const later: number[] = [];
  let fromMs = 0;
  for (const index of indexes) {
    const freeMs = spacing.freeMs(batch[index]!.key);
    if (freeMs <= nowMs) free.push(index);
    else {
      later.push(index);
      fromMs = Math.max(fromMs, freeMs);
    }
  }
  return [
    { fromMs: 0, indexes: free },
    { fromMs, indexes: later },
  ];
}

/** Never rejects, so that the other part of the batch is waited for too. */
async function sendAt(clock: Clock, signal: AbortSignal, delivery: Delivery, part: Part): Promise<void> {
  if (part.indexes.length === 0) return;
  try {
    const waitMs = part.fromMs - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  } catch (error) {
    delivery.broken ??= error;
    return;
  }
  await delivery.all(part.indexes);
}

/** The runtime coalesces a batch (rule C7); two writes of a key in one request would be refused, in two race. */
function checkKeysOnce(batch: readonly ChangeRecord[]): void {
  const seen = new Set<string>();
  for (const { key } of batch) seen.add(key.toString('latin1'));
  if (seen.size === batch.length) return;
  throw new ConnectError(
    'UNEXPECTED',
    'A key stands in a batch twice; this sink has no versions to order them',
  );
}
