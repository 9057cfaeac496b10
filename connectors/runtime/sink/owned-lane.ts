import type { SinkTask as PluginTask, TakeOver } from '../../connector.ts';
import type { ConnectError } from '../../errors.ts';
import type { FetchedBatch, TopicReader } from '../../kafka/reader.ts';
import type { Flow, TaskMetrics, TopicLag } from '../../metrics/metrics.ts';
import { retrying } from '../backoff.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import { following, type LaneKind, type LaneRun } from './lane-kind.ts';
import type { Committed, LaneState } from './lane-state.ts';
import { preparedTable, rowsMove } from './sink-prepare.ts';
import type { SinkDefinition, SinkWorld } from './sink-world.ts';

export interface OwnedLaneOptions {
  readonly id: string;
  readonly table: string;
  readonly partition: number;
  readonly definition: SinkDefinition;
  readonly world: SinkWorld;
  readonly plugin: PluginTask;
  readonly reader: TopicReader;
  readonly deadLetters: DeadLetters;
  readonly state: LaneState;
  readonly takeOver: TakeOver;
  readonly signal: AbortSignal;
  /** Settles when this lane's earlier run in this process has nothing in flight. */
  readonly after: Promise<void>;
  /** False once another may own the lane: a rebalance has ended since it was given to us (rule C7). */
  isOurs(): boolean;
  commitRunning(state: LaneState): Promise<void>;
  /** What is done in the lane; default: its records are written as they come. */
  readonly kind?: LaneKind;
  onFault(error: ConnectError | null): void;
  readonly metrics?: TaskMetrics | undefined;
}

/** A lane from the moment this task was given it: prepared, taken over, running, drained or abandoned. */
export class OwnedLane {
  readonly id: string;
  readonly table: string;
  /** Settles when the lane ends; rejects with what halts its table. */
  readonly ended: Promise<void>;
  readonly #options: OwnedLaneOptions;
  readonly #topics: { readonly snapshot: string; readonly changes: string; readonly partition: number };
  readonly #abandon = new AbortController();
  readonly #signal: AbortSignal;
  #lane: LaneRun | null = null;
  #draining = false;
  #settled = false;

  constructor(options: OwnedLaneOptions) {
    this.id = options.id;
    this.table = options.table;
    this.#options = options;
    const { topics } = options.world;
    const { table, partition } = options;
    this.#topics = { snapshot: topics.snapshot(table), changes: topics.changes(table), partition };
    this.#signal = AbortSignal.any([options.signal, this.#abandon.signal]);
    this.ended = this.#run().catch((error) => {
      if (!this.#signal.aborted) throw error;
    });
  }

  /** What is durable; null before the lane was taken over: then there is nothing to commit. */
  get state(): LaneState | null {
    return this.#lane?.state ?? null;
  }

  /** Nothing of this lane is in flight, and nothing will be. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Bytes fetched for it that wait for their turn. */
  get queuedBytes(): number {
    return this.#signal.aborted ? 0 : (this.#lane?.queuedBytes ?? 0);
  }

  /** What waits for it, as far as it was fetched. */
  lags(nowMs: number): readonly TopicLag[] {
    return this.#signal.aborted ? [] : (this.#lane?.lags?.(nowMs) ?? []);
  }

  reads(topic: string, partition: number): boolean {
    const { snapshot, changes, partition: own } = this.#topics;
    return partition === own && (topic === snapshot || topic === changes);
  }

  offer(batch: FetchedBatch): void {
    if (this.#signal.aborted || this.#lane === null) return;
    const kind = batch.topic === this.#topics.snapshot ? 'snapshot' : 'changes';
    const flow: Flow = { table: this.table, kind };
    this.#options.metrics?.fetched(flow, { records: batch.records.length, bytes: batch.bytes });
    this.#lane.offer(batch);
  }

  /** Finishes the batch in hand. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#lane) await this.#lane.drain();
    else this.abandon();
    await this.ended.catch(() => {});
  }

  /** Ends at once: the partition is another's, or its table halted. */
  abandon(): void {
    this.#abandon.abort(new Error(`lane ${this.id} ends`));
    const { snapshot, changes, partition } = this.#topics;
    this.#options.reader.unassign(snapshot, partition);
    this.#options.reader.unassign(changes, partition);
  }

  entries(committed: { snapshot: Required<Committed>; changes: Required<Committed> }) {
    const { snapshot, changes, partition } = this.#topics;
    return [
      {
        topic: snapshot,
        partition,
        offset: committed.snapshot.offset ?? 0,
        metadata: committed.snapshot.metadata,
      },
      {
        topic: changes,
        partition,
        offset: committed.changes.offset ?? 0,
        metadata: committed.changes.metadata,
      },
    ];
  }

  /** Rule C7: a lane that may be another's ends, though a write of it waits to be repeated. */
  #isOurs(): boolean {
    if (!this.#signal.aborted && !this.#options.isOurs()) {
      this.#abandon.abort(new Error(`lane ${this.id} may be another's`));
    }
    return !this.#signal.aborted;
  }

  async #run(): Promise<void> {
    const { definition, world, plugin, reader, state, takeOver, deadLetters, onFault, id } = this.#options;
    const { clock, log } = world;
    await this.#options.after.catch(() => {});
    const context = { clock, log, signal: this.#signal, metrics: this.#options.metrics };
    const leads = this.#topics.partition === 0;
    const table = await retrying(
      () => preparedTable(definition, world, this.table, leads, context, takeOver.first, plugin),
      context,
      onFault,
      definition.errors,
    );
    await unlessAborted(plugin.adopt(table, id, takeOver), this.#signal);
    if (this.#draining) return;
    const target = {
      task: plugin,
      table,
      lane: id,
      ordersByVersion: definition.plugin.supports.version,
      moves: rowsMove(definition, table),
      deadLetters,
      retries: definition.errors,
      world,
      signal: this.#signal,
      isOurs: () => this.#isOurs(),
      onFault,
      metrics: this.#options.metrics,
    };
    // Rule C7: from here on this owner may leave something in flight.
    const commit = (current: LaneState) =>
      retrying(
        async () => {
          if (!this.#isOurs()) throw this.#signal.reason;
          await this.#options.commitRunning({ ...current, clean: false });
        },
        context,
        onFault,
      );
    const { kind = following } = this.#options;
    this.#lane = kind.make({ definition, target, topics: this.#topics, reader, state, commit });
    await commit(state);
    await this.#lane.run();
    this.#settled = true;
  }
}

/** Waiting for others to be out of the way has no effect of its own: a lane that ends need not wait for its end. */
function unlessAborted(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    waiting.then(resolve, reject);
  });
}
