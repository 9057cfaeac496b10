import { setMaxListeners } from 'node:events';
import type { SinkTask as PluginTask, SinkContext } from '../../connector.ts';
import { asConnectError, type ConnectError } from '../../errors.ts';
import type { Unit } from '../../kafka/assignor.ts';
import { GroupMember } from '../../kafka/group.ts';
import { groupBy } from '../../kafka/group-by.ts';
import { TopicReader } from '../../kafka/reader.ts';
import { noMetrics, type TaskMetrics } from '../../metrics/metrics.ts';
import { sinkGroup } from '../../topic-names.ts';
import { backoffMs, retrying } from '../backoff.ts';
import { DeadLetterTopic } from '../dead-letters/dead-letter-topic.ts';
import { DeadLetters } from '../dead-letters/dead-letters.ts';
import { SetAsideLog } from '../dead-letters/set-aside-log.ts';
import { type HaltListener, Reporter } from '../reporter.ts';
import { following, type LaneKind } from './lane-kind.ts';
import { FRESH_LANE, type LaneState, writeLane as laneToCommit, readLane } from './lane-state.ts';
import { OwnedLane } from './owned-lane.ts';
import { sinkUnits, unitTable } from './sink-units.ts';
import type { SinkDefinition, SinkWorld } from './sink-world.ts';

const COMMIT_INTERVAL_MS = 500;
/** What the lease must still be worth before a request is sent (rule C7): opening its connection may take 3 s. */
const LEASE_MARGIN_MS = 3_500;
/** Most bytes of one fetch. */
const FETCH_BYTES_MAX = 8 << 20;
/** Most bytes that wait in all lanes together: with many tables a bound per lane is none. */
const QUEUED_BYTES_MAX = 48 << 20;
/** How often a full queue is looked at. */
const QUEUE_LOOK_MS = 10;

/**
 * One task of a sink connector: a member of its consumer group, which writes the lanes it is given.
 *
 * A lane (a topic partition of a table's snapshot and changes) is given as a whole, so gate and changes have one owner.
 */
export class SinkTask {
  readonly #definition: SinkDefinition;
  readonly #world: SinkWorld;
  readonly #reporter: Reporter;
  readonly #metrics: TaskMetrics;
  readonly #stop = new AbortController();
  readonly #member: GroupMember;
  readonly #reader: TopicReader;
  readonly #lanes = new Map<string, OwnedLane>();
  readonly #committed = new Map<string, LaneState>();
  readonly #deadLetters: DeadLetters;
  readonly #kind: LaneKind;
  #plugin: PluginTask | null = null;
  #loops: Promise<unknown>[] = [];

  constructor(definition: SinkDefinition, world: SinkWorld, task: number, kind: LaneKind = following) {
    this.#definition = definition;
    this.#kind = kind;
    this.#world = { ...world, log: world.log.child({ connector: definition.name, task }) };
    this.#metrics = (world.metrics ?? noMetrics).task({ connector: definition.name, task, type: 'sink' });
    const measured = { metrics: this.#metrics, stage: 'write' } as const;
    this.#reporter = new Reporter(definition.name, task, definition.tables, this.#world, measured);
    this.#reader = new TopicReader(world.kafka, { maxBytes: FETCH_BYTES_MAX, maxBytesPerPartition: 1 << 20 });
    this.#deadLetters = deadLettersOf(definition, this.#world, task, kind);
    const { tables } = definition;
    this.#member = new GroupMember(world.kafka, {
      groupId: sinkGroup(definition.name),
      topics: tables.flatMap((table) => [world.topics.snapshot(table), world.topics.changes(table)]),
      unitsOf: (topics) => sinkUnits(topics, tables, world.topics),
      onAssigned: (units) => this.#assigned(units),
      onRevoke: () => this.#revoke(),
      onLost: () => this.#lost(),
      onFailed: (error) => this.#failed(error),
    });
  }

  /** Tables that halted, with why. */
  get halts(): Map<string, ConnectError> {
    return this.#reporter.halts;
  }

  /**
   * Hears once of each table that halts from now on, at the moment it does; the task itself runs on with the others, and
   * with none: it stays in its group until it is stopped. @returns how to hear no more.
   */
  onHalt(listener: HaltListener): () => void {
    return this.#reporter.onHalt(listener);
  }

  async start(): Promise<void> {
    // Every lane listens to it.
    setMaxListeners(0, this.#stop.signal);
    const { clock, log } = this.#world;
    this.#metrics.watchQueue(() => this.#queuedBytes);
    this.#metrics.watchLags(() => [...this.#lanes.values()].flatMap((lane) => lane.lags(clock.now())));
    const context: SinkContext = {
      clock,
      log,
      signal: this.#stop.signal,
      metrics: this.#metrics,
      leaseValid: () => this.#member.leaseValid(LEASE_MARGIN_MS),
    };
    this.#plugin = await this.#definition.plugin.open(this.#definition.options, context);
    this.#loops = [this.#fetchLoop(), this.#commitLoop(), this.#reporter.run(this.#stop.signal)];
    await this.#member.start();
  }

  /** Finishes what is in flight (at most `deadlineMs`), commits, leaves the group. */
  async stop(deadlineMs: number): Promise<void> {
    const deadline = this.#world.clock.sleep(deadlineMs, this.#stop.signal).catch(() => {});
    const stopped = this.#member.stop();
    await Promise.race([stopped, deadline]);
    this.#stop.abort(new Error('stopping'));
    await Promise.allSettled([stopped, ...this.#loops]);
    await this.#reader.close();
    await this.#plugin?.[Symbol.asyncDispose]();
    this.#metrics[Symbol.dispose]();
  }

  async #assigned(units: readonly Unit[]): Promise<void> {
    const wanted = new Set(units.map((unit) => unit.id));
    const { generation } = this.#member;
    this.#world.log.debug({ lanes: units.length }, 'lanes assigned');
    for (const [id, lane] of this.#lanes) {
      if (wanted.has(id)) continue;
      lane.abandon();
      this.#lanes.delete(id);
      this.#committed.delete(id);
    }
    // What a lane of before has reported is not so any more; its successor says it again, here or elsewhere.
    for (const table of this.#definition.tables) {
      if (!this.#reporter.halts.has(table)) this.#reporter.fault(table, null);
    }
    const asked = groupBy(
      units.flatMap((unit) => unit.partitions),
      ({ topic }) => topic,
    );
    const topics = [...asked].map(([topic, parts]) => ({
      topic,
      partitions: parts.map(({ partition }) => partition),
    }));
    // What is thrown here ends the membership for good, and a broker that is away for a while is no reason for that.
    const positions = await retrying(() => this.#member.fetchCommitted(topics), {
      clock: this.#world.clock,
      log: this.#world.log,
      signal: this.#stop.signal,
    });
    // Lost meanwhile: what comes next is another assignment.
    if (this.#member.generation !== generation) return;
    let unclean = 0;
    for (const unit of units) {
      const table = unitTable(unit);
      const { partition } = unit.partitions[0]!;
      if (this.#reporter.halts.has(table) || !this.#kind.wants(table, partition)) continue;
      const [snapshot, changes] = unit.partitions.map((tp) => positions.get(tp.topic)?.get(tp.partition));
      const none = { offset: null, metadata: '' };
      const state = readLane(snapshot ?? none, changes ?? none);
      if (state?.clean === false) unclean++;
      const before = this.#lanes.get(unit.id);
      before?.abandon();
      this.#startLane(unit, table, generation, state, before?.ended);
    }
    if (unclean > 0) {
      const said =
        'their last owner did not stop cleanly: waiting out what it may have left in flight (rule C7)';
      this.#world.log.info({ partitions: unclean }, said);
    }
  }

  /** @param after the same lane as it ran before: nothing of it may be in flight when the new one begins. */
  #startLane(
    unit: Unit,
    table: string,
    generation: number,
    state: LaneState | null,
    after: Promise<void> = Promise.resolve(),
  ): void {
    const lane = new OwnedLane({
      id: unit.id,
      table,
      partition: unit.partitions[0]!.partition,
      definition: this.#definition,
      world: this.#world,
      plugin: this.#plugin as PluginTask,
      reader: this.#reader,
      deadLetters: this.#deadLetters,
      state: state ?? FRESH_LANE,
      takeOver: { first: state === null, clean: state?.clean ?? true },
      signal: this.#stop.signal,
      after,
      // Rule C7: a later generation holds a lease too, maybe without this lane, while a write of it is still repeated.
      isOurs: () => this.#member.generation === generation,
      // Rule C7: whoever takes over commits "running" before its first write.
      commitRunning: (running) => this.#commit(unit.id, running),
      kind: this.#kind,
      onFault: (error) => this.#reporter.fault(table, error),
      metrics: this.#metrics,
    });
    this.#lanes.set(unit.id, lane);
    lane.ended.then(
      () => {},
      (thrown) => this.#halt(table, asConnectError(thrown)),
    );
  }

  /** A table that halts stops alone; its lanes' last durable state is still committed. */
  #halt(table: string, error: ConnectError): void {
    this.#reporter.halted(table, error);
    this.#world.log.error({ table, code: error.code, ...error.detail }, error.message);
    for (const lane of this.#lanes.values()) if (lane.table === table) lane.abandon();
  }

  /** A rebalance: what is in flight is finished and committed as clean before the group goes on. */
  async #revoke(): Promise<void> {
    const lanes = [...this.#lanes.values()];
    this.#world.log.debug({ lanes: lanes.length }, 'lanes drain');
    await Promise.all(lanes.map((lane) => lane.drain()));
    this.#world.log.debug('lanes drained');
    await this.#commitAll(true).catch((error) => {
      this.#world.log.warn({ err: error }, 'last commit before a rebalance failed');
    });
  }

  /** The group will never give this task anything again: nothing moves on here, and that must be seen. */
  #failed(error: Error): void {
    if (this.#stop.signal.aborted) return;
    for (const table of this.#definition.tables) {
      if (!this.#reporter.halts.has(table)) this.#halt(table, asConnectError(error));
    }
  }

  #lost(): void {
    for (const lane of this.#lanes.values()) lane.abandon();
    this.#lanes.clear();
    this.#committed.clear();
  }

  async #fetchLoop(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; ) {
      try {
        while (this.#queuedBytes >= QUEUED_BYTES_MAX) await this.#world.clock.sleep(QUEUE_LOOK_MS, signal);
        for (const batch of await this.#reader.fetch(signal)) {
          this.#laneOf(batch.topic, batch.partition)?.offer(batch);
        }
        attempt = 0;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = asConnectError(thrown);
        this.#metrics.retried('fetch', error.code);
        this.#world.log.warn({ code: error.code }, `fetch failed: ${error.message}`);
        this.#haltFaulty();
        await this.#world.clock.sleep(backoffMs(attempt++), signal).catch(() => {});
      }
    }
  }

  /** What can never be read halts its table, and must not hold up the others: the reader throws it again and again. */
  #haltFaulty(): void {
    for (const { topic, partition, error } of this.#reader.faults()) {
      const lane = this.#laneOf(topic, partition);
      if (lane) this.#halt(lane.table, asConnectError(error));
      else this.#reader.unassign(topic, partition);
    }
  }

  get #queuedBytes(): number {
    let bytes = 0;
    for (const lane of this.#lanes.values()) bytes += lane.queuedBytes;
    return bytes;
  }

  #laneOf(topic: string, partition: number): OwnedLane | undefined {
    for (const lane of this.#lanes.values()) if (lane.reads(topic, partition)) return lane;
    return undefined;
  }

  async #commitLoop(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#world.clock.sleep(COMMIT_INTERVAL_MS, signal).catch(() => {});
      await this.#commitAll(false).catch((error) => {
        this.#world.log.warn({ err: error }, 'commit failed; it is repeated');
      });
    }
  }

  /** Commits every lane whose state moved; only states that are durable prefixes (rule C8). */
  async #commitAll(clean: boolean): Promise<void> {
    const due = [...this.#lanes.values()].flatMap((lane) => {
      // Not `clean && …`: a commit of the loop may come behind the last one of a drained lane.
      const state = lane.state && { ...lane.state, clean: lane.settled };
      if (!state || (!clean && this.#committed.get(lane.id) === lane.state)) return [];
      return [{ lane, state, raw: lane.state as LaneState }];
    });
    if (due.length === 0) return;
    await this.#measured(
      this.#member.commit(due.flatMap(({ lane, state }) => lane.entries(laneToCommit(state)))),
    );
    for (const { lane, raw } of due) this.#committed.set(lane.id, raw);
  }

  async #measured(commit: Promise<void>): Promise<void> {
    const { clock } = this.#world;
    const begunMs = clock.monotonic();
    let done = false;
    try {
      await commit;
      done = true;
    } finally {
      this.#metrics.committed(clock.monotonic() - begunMs, done);
    }
  }

  async #commit(id: string, state: LaneState): Promise<void> {
    const lane = this.#lanes.get(id);
    if (lane) await this.#member.commit(lane.entries(laneToCommit(state)));
  }
}

/** Where the task's bad records go, and who hears of them. */
function deadLettersOf(
  definition: SinkDefinition,
  world: SinkWorld,
  task: number,
  { runMax }: LaneKind,
): DeadLetters {
  const { name, plugin, tolerance, deadLetters: settings, errors } = definition;
  const from = {
    topic: settings?.topic ?? world.topics.deadLetters,
    connector: name,
    task,
    pluginName: plugin.name,
  };
  const made = settings && new DeadLetterTopic(world.kafka, settings);
  return new DeadLetters(world.deadLetters, from, tolerance, world.clock, {
    runMax,
    contextHeaders: settings?.contextHeaders ?? true,
    ...(made ? { there: () => made.there() } : {}),
    ...(errors ? { log: new SetAsideLog(errors, `${name}-${task}`, world) } : {}),
  });
}
