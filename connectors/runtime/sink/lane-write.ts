import type { SinkTable } from '../../catalog-records.ts';
import type { SinkTask } from '../../connector.ts';
import type { ConnectError } from '../../errors.ts';
import type { TaskMetrics } from '../../metrics/metrics.ts';
import { retrying } from '../backoff.ts';
import type { DeadLetter, DeadLetters } from '../dead-letters/dead-letters.ts';
import { type RetrySettings, WAITS_FOR_EVER } from '../error-handling.ts';
import { NO_OUTCOMES, type Outcome, type Outcomes } from '../outcomes.ts';
import { type Incoming, supersededInBatch } from './incoming.ts';
import type { SinkWorld } from './sink-world.ts';

/** Where a lane's records go. */
export interface LaneTarget {
  readonly task: SinkTask;
  readonly table: SinkTable;
  /** Name of the lane, `table/partition`. */
  readonly lane: string;
  /** The sink orders by version itself; otherwise the batch is coalesced here (rule C7). */
  readonly ordersByVersion: boolean;
  /** The target's rows move: all of them are of one epoch, and what takes one away tells where it is (rule C6). */
  readonly moves: boolean;
  readonly deadLetters: DeadLetters;
  /** How long the target is waited for; absent: {@link WAITS_FOR_EVER}. */
  readonly retries?: RetrySettings | undefined;
  readonly world: SinkWorld;
  readonly signal: AbortSignal;
  /** False once the lane may be another's (rule C7). */
  isOurs(): boolean;
  onFault(error: ConnectError | null): void;
  readonly metrics?: TaskMetrics | undefined;
}

/**
 * Writes records of one topic partition and says what became of each: all of them are durable in the target or in the
 * dead-letter topic when it resolves (rule C8). A target that fails for a while is asked again and again, as long as
 * `retries` allows: then its error is thrown, and nothing is assumed of the batch.
 *
 * @param topic and partition name the place for dead letters.
 * @param countedTo records below it were counted before and are not counted again (rule C9).
 * @param firstVersion V of the rows that are the first ever of their keys; null: there are none among these records.
 */
export async function writeLane(
  target: LaneTarget,
  topic: string,
  partition: number,
  batch: readonly Incoming[],
  countedTo: number,
  firstVersion: number | null = null,
): Promise<Outcomes> {
  return count(batch, await writeRecords(target, topic, partition, batch, firstVersion), countedTo);
}

/** The same, with the outcome of each record, by its index in the batch. */
export async function writeRecords(
  target: LaneTarget,
  topic: string,
  partition: number,
  batch: readonly Incoming[],
  firstVersion: number | null = null,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = batch.map((incoming) => incoming.outcome);
  const superseded = target.ordersByVersion ? [] : supersededInBatch(batch);
  const indexes: number[] = [];
  const letters: DeadLetter[] = [];
  batch.forEach(({ record, raw, error, stage, by }, i) => {
    if (error) letters.push({ raw, error, stage, by });
    if (superseded[i]) outcomes[i] = 'superseded';
    else if (record) indexes.push(i);
  });
  const { clock, log } = target.world;
  const patience = { ...(target.retries ?? WAITS_FOR_EVER), triesItself: true };
  const repeated = <T>(step: () => Promise<T>) =>
    retrying(step, { clock, log, signal: target.signal }, target.onFault, patience);
  const { table } = target.table.facts;
  if (indexes.length > 0) {
    const records = indexes.map((i) => batch[i]!.record!);
    const { retryTimeoutMs } = patience;
    const failsAfter = retryTimeoutMs < 0 ? {} : { failsAfterMs: retryTimeoutMs };
    const standing = { isOurs: () => target.isOurs(), firstVersion, ...failsAfter };
    const failures = await repeated(async () => {
      const failed = await target.task.put(target.table, target.lane, records, standing);
      // What passes is no reason to set a record aside: the batch is repeated (law 3).
      const passing = failed.find(({ error }) => error.remedy === 'retry');
      if (passing) throw passing.error;
      return failed;
    });
    for (const { index, error } of failures) {
      const at = indexes[index]!;
      outcomes[at] = 'deadLettered';
      // It is set aside already, for what it failed with first.
      if (batch[at]!.error) continue;
      letters.push({ raw: batch[at]!.raw, error, stage: 'TASK_PUT', by: null });
    }
    if (letters.length === 0) target.deadLetters.succeeded(table);
  }
  if (letters.length === 0) return outcomes;
  letters.sort((a, b) => a.raw.offset - b.raw.offset);
  const failed = inOrder(batch, indexes, letters);
  await target.deadLetters.add({ table, topic, partition }, letters, failed, repeated);
  target.metrics?.setAside(
    { table, kind: topic === target.world.topics.snapshot(table) ? 'snapshot' : 'changes' },
    letters.map(({ error }) => error.code),
  );
  return outcomes;
}

/** Of what was written or set aside, in the order of the topic: why it failed, null where it was written. */
function inOrder(
  batch: readonly Incoming[],
  written: readonly number[],
  letters: readonly DeadLetter[],
): (ConnectError | null)[] {
  const errors = new Map(letters.map(({ raw, error }) => [raw.offset, error]));
  const sent = new Set(written);
  return batch.flatMap(({ raw }, i) => {
    const error = errors.get(raw.offset);
    if (error !== undefined) return [error];
    return sent.has(i) ? [null] : [];
  });
}

function count(batch: readonly Incoming[], outcomes: readonly Outcome[], countedTo: number): Outcomes {
  const counts: Record<Outcome, number> = { ...NO_OUTCOMES };
  batch.forEach(({ raw }, i) => {
    if (raw.offset >= countedTo) counts[outcomes[i]!]++;
  });
  return counts;
}
