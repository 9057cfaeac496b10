import { systemClock } from '../clock.ts';
import type { WorkerSettings } from '../config/settings.ts';
import type { Unit } from '../kafka/assignor.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { describeGroup } from '../kafka/committed.ts';
import { GroupMember } from '../kafka/group.ts';
import type { Logger } from '../log.ts';
import type { RebalanceView } from '../metrics/worker-view.ts';
import type { About } from './peers.ts';

/** Groups that tasks are spread in, by kind: workers of one kind know no classes of the other. */
export const slotGroups = (group: string) => ({ source: group, sink: `${group}-sinks` }) as const;

export interface SlotsOptions {
  readonly groupId: string;
  readonly about: About;
  /** Which slots hold something now: those are spread evenly among themselves. */
  busy(): ReadonlySet<number>;
  onOwned(slots: ReadonlySet<number>): void;
  onFailed(error: Error): void;
}

/** Changes come in bursts: a connector's tasks are written one after the other. */
const SETTLE_MS = 500;

/** The slots of a worker group that this worker has: partitions of a small topic, spread over the group's members. */
export class Slots {
  readonly #kafka: KafkaClient;
  readonly #options: SlotsOptions;
  readonly #member: GroupMember;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #owned: ReadonlySet<number> = new Set();
  /** What was busy when it was last looked at; empty: to be looked at again. */
  #busyWas = '';
  /** As it was when this worker last asked for others: what the group's leader did with it then, it would do again. */
  #askedWith = '';
  #rebalancingSince: number | null = systemClock.monotonic();
  #rebalances = { completed: 0, totalMs: 0, maxMs: 0, lastAt: null as number | null };
  #balancing: Promise<void> | null = null;

  constructor(kafka: KafkaClient, settings: WorkerSettings, options: SlotsOptions, log: Logger) {
    this.#kafka = kafka;
    this.#options = options;
    this.#log = log;
    const { sessionTimeoutMs, heartbeatIntervalMs, rebalanceTimeoutMs, topics } = settings;
    this.#member = new GroupMember(kafka, {
      groupId: options.groupId,
      topics: [topics.slots.topic],
      unitsOf: (counts) => slotUnits(counts, options.busy()),
      about: options.about,
      sessionTimeoutMs,
      heartbeatIntervalMs,
      rebalanceTimeoutMs,
      onAssigned: (units) => this.#assigned(units),
      // What stays runs on through a rebalance: fencing makes an overlap harmless (rule C3), sinks have their own group.
      onRevoke: () => {
        this.#rebalancingSince = systemClock.monotonic();
      },
      onLost: () => {
        this.#assigned([]);
        this.#rebalancingSince = systemClock.monotonic();
      },
      onFailed: (error) => options.onFailed(error),
    });
  }

  get owned(): ReadonlySet<number> {
    return this.#owned;
  }

  /** What became of the group as this worker saw it. */
  rebalances(): RebalanceView {
    const { completed, totalMs, maxMs, lastAt } = this.#rebalances;
    return {
      leader: null,
      epoch: this.#member.generation,
      completed,
      rebalancing: this.#rebalancingSince !== null,
      averageMs: completed === 0 ? 0 : totalMs / completed,
      maxMs,
      sinceLastMs: lastAt === null ? null : systemClock.monotonic() - lastAt,
    };
  }

  start(): Promise<void> {
    return this.#member.start();
  }

  /** What stands in the slots may have changed: has them dealt out anew where this worker has more, or less, than its share. */
  balance(): void {
    const busy = [...this.#options.busy()].sort((a, b) => a - b).join();
    if (busy === this.#busyWas) return;
    this.#busyWas = busy;
    this.#balancing ??= this.#balance().finally(() => {
      this.#balancing = null;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#balancing;
    await this.#member.stop();
  }

  async #balance(): Promise<void> {
    try {
      await systemClock.sleep(SETTLE_MS, this.#stopping.signal);
      const { members } = await describeGroup(this.#kafka, this.#options.groupId);
      const busy = this.#options.busy();
      const mine = [...busy].filter((slot) => this.#owned.has(slot)).length;
      const fair = busy.size / Math.max(1, members.length);
      const isFair = Math.floor(fair) <= mine && mine <= Math.ceil(fair);
      const asking = isFair
        ? ''
        : JSON.stringify([[...busy].sort(), [...this.#owned].sort(), members.length]);
      const isNew = asking !== this.#askedWith;
      this.#askedWith = asking;
      if (!isFair && isNew) this.#member.rejoin();
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#log.debug({ err: error }, 'slots not balanced');
    }
  }

  #rebalanced(): void {
    const now = systemClock.monotonic();
    const tookMs = now - (this.#rebalancingSince ?? now);
    const { completed, totalMs, maxMs } = this.#rebalances;
    this.#rebalances = {
      completed: completed + 1,
      totalMs: totalMs + tookMs,
      maxMs: Math.max(maxMs, tookMs),
      lastAt: now,
    };
    this.#rebalancingSince = null;
  }

  #assigned(units: readonly Unit[]): void {
    this.#rebalanced();
    this.#owned = new Set(units.flatMap((unit) => unit.partitions.map(({ partition }) => partition)));
    // Whoever dealt them out may not have known yet what is busy.
    this.#busyWas = '';
    this.#log.debug({ group: this.#options.groupId, slots: this.#owned.size }, 'slots assigned');
    this.#options.onOwned(this.#owned);
  }
}

/** Slots as the group deals them out: those that hold something, and the others, each spread evenly among themselves. */
export function slotUnits(topics: ReadonlyMap<string, number>, busy: ReadonlySet<number>): Unit[] {
  return [...topics].flatMap(([topic, partitions]) =>
    Array.from({ length: partitions }, (_, partition) => ({
      // Padded: ids are dealt out in their order.
      id: `slot-${String(partition).padStart(4, '0')}`,
      partitions: [{ topic, partition }],
      kind: busy.has(partition) ? 'busy' : 'idle',
    })),
  );
}
