import { systemClock } from '../../clock.ts';
import type { WorkerSettings } from '../../config/settings.ts';
import type { ConnectorType } from '../../connector-state.ts';
import type { Unit } from '../../kafka/assignor.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { describeGroup } from '../../kafka/committed.ts';
import { GroupMember } from '../../kafka/group.ts';
import type { KnownMember } from '../../kafka/membership.ts';
import type { Logger } from '../../log.ts';
import type { RebalanceView } from '../../metrics/worker-view.ts';
import { type OwnedSlots, ownedSlots } from '../../runtime/slot-units.ts';
import { dealtSlots, fairShare } from './dealt-slots.ts';
import type { About } from './peers.ts';
import type { SlotContents } from './share.ts';

/** Groups that tasks are spread in, by kind: workers of one kind know no classes of the other. */
export const slotGroups = (group: string) => ({ source: group, sink: `${group}-sinks` }) as const;

export interface SlotsOptions {
  readonly groupId: string;
  readonly about: About;
  /** What kind of connectors stand in the slots. */
  readonly type: ConnectorType;
  /** What stands now in so many slots. */
  contents(count: number): ReadonlyMap<number, SlotContents>;
  onOwned(): void;
  onFailed(error: Error): void;
}

/** Changes come in bursts: a connector's tasks are written one after the other. */
const SETTLE_MS = 500;

/** How often it is looked whether the topic was given more partitions: nobody is told of that. */
const COUNT_INTERVAL_MS = 10_000;

/** The slots of a worker group that this worker has: partitions of a small topic, spread over the group's members. */
export class Slots {
  readonly #kafka: KafkaClient;
  readonly #options: SlotsOptions;
  readonly #member: GroupMember;
  readonly #log: Logger;
  readonly #topic: string;
  readonly #stopping = new AbortController();
  #units: readonly Unit[] = [];
  /** Whole ones. */
  #slots: OwnedSlots;
  /** By class: with the parts that are of it. */
  readonly #slotsOf = new Map<string, OwnedSlots>();
  /** What stood in the slots when it was last looked at; empty: to be looked at again. */
  #contentsWere = '';
  /** As it was when this worker last asked for others: what the group's leader did with it then, it would do again. */
  #askedWith = '';
  #rebalancingSince: number | null = systemClock.monotonic();
  #rebalances = { completed: 0, totalMs: 0, maxMs: 0, lastAt: null as number | null };
  #balancing: Promise<void> | null = null;
  #counting: Promise<void> = Promise.resolve();

  constructor(kafka: KafkaClient, settings: WorkerSettings, options: SlotsOptions, log: Logger) {
    this.#kafka = kafka;
    this.#options = options;
    this.#log = log;
    const { sessionTimeoutMs, heartbeatIntervalMs, rebalanceTimeoutMs, topics } = settings;
    this.#topic = topics.slots.topic;
    this.#slots = { owned: new Set(), count: topics.slots.partitions };
    this.#member = new GroupMember(kafka, {
      groupId: options.groupId,
      topics: [this.#topic],
      unitsOf: (counts, members) => this.#dealt(counts, members),
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

  /** How many slots the group has. */
  get count(): number {
    return this.#slots.count;
  }

  /** The slots that this worker has for connectors of a class. @param className by `simpleName` */
  of(className: string): OwnedSlots {
    const found = this.#slotsOf.get(className) ?? ownedSlots(this.#units, this.count, className);
    this.#slotsOf.set(className, found);
    return found;
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
    this.#counting = this.#count();
    return this.#member.start();
  }

  /** What stands in the slots may have changed: has them dealt out anew where this worker has more, or less, than its share. */
  balance(): void {
    const contents = contentsText(this.#options.contents(this.count));
    if (contents === this.#contentsWere) return;
    this.#contentsWere = contents;
    this.#balancing ??= this.#balance().finally(() => {
      this.#balancing = null;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#balancing;
    await this.#member.stop();
    await this.#counting;
  }

  /** Has the slots dealt out anew when there are others than were dealt out. */
  async #count(): Promise<void> {
    const { signal } = this.#stopping;
    const { cluster, links } = this.#kafka;
    let looked = this.count;
    while (!signal.aborted) {
      await systemClock.sleep(COUNT_INTERVAL_MS, signal).catch(() => {});
      // A cluster that is away is asked again.
      const found = await cluster.refresh(links, [this.#topic]).catch(() => null);
      const count = found?.get(this.#topic)?.length ?? looked;
      if (signal.aborted || count === looked) continue;
      looked = count;
      if (count === this.count) continue;
      this.#log.info(
        { topic: this.#topic, slots: count },
        'the group has other slots: they are dealt out anew',
      );
      this.#member.rejoin();
    }
  }

  async #balance(): Promise<void> {
    try {
      await systemClock.sleep(SETTLE_MS, this.#stopping.signal);
      const { members } = await describeGroup(this.#kafka, this.#options.groupId);
      const { memberId } = this.#member;
      // On its way into the group, or out of it: the slots are dealt out anew anyway.
      if (!members.some((member) => member.memberId === memberId)) return;
      const isGood = this.#hasItsShare(members, memberId);
      const contents = contentsText(this.#options.contents(this.count));
      const asking = isGood ? '' : JSON.stringify([contents, this.#ids().sort(), members.length]);
      const isNew = asking !== this.#askedWith;
      this.#askedWith = asking;
      if (!isGood && isNew) this.#member.rejoin();
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#log.debug({ err: error }, 'slots not balanced');
    }
  }

  /** It can do something with all that it has, and has not more, or less, than the others. */
  #hasItsShare(members: readonly KnownMember[], memberId: string): boolean {
    const counts = new Map([[this.#topic, this.count]]);
    const dealt = new Map(this.#dealt(counts, members).map((unit) => [unit.id, unit]));
    const ids = this.#ids();
    const mine = ids.flatMap((id) => dealt.get(id) ?? []);
    const isFit = mine.every(({ takers }) => takers === undefined || takers.has(memberId));
    // Parts of a slot that were not there when it was dealt out are nobody's.
    const isWhole = [...dealt.keys()].every(
      (id) => ids.includes(id) || !ids.some((own) => id.startsWith(`${own}/`)),
    );
    const { least, most } = fairShare(members, memberId, (named) => this.#dealt(counts, named));
    const busy = mine.filter(({ kind }) => kind === 'busy').length;
    return isFit && isWhole && least <= busy && busy <= most;
  }

  #dealt(counts: ReadonlyMap<string, number>, members: readonly KnownMember[]): Unit[] {
    const { type, contents } = this.#options;
    return dealtSlots(counts, members, type, contents);
  }

  #ids(): string[] {
    return this.#units.map(({ id }) => id);
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
    this.#units = units;
    this.#slots = ownedSlots(units, this.count);
    this.#slotsOf.clear();
    // Whoever dealt them out may not have known yet what stands in them.
    this.#contentsWere = '';
    this.#log.debug({ group: this.#options.groupId, slots: units.length }, 'slots assigned');
    this.#options.onOwned();
  }
}

const contentsText = (contents: ReadonlyMap<number, SlotContents>): string =>
  JSON.stringify([...contents].map(([slot, classes]) => [slot, [...classes].sort()]).sort());
