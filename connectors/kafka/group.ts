import type { Unit } from './assignor.ts';
import type { KafkaClient } from './client.ts';
import { type CommitEntry, type Committed, fetchCommittedOf } from './committed.ts';
import { asKafkaError, KafkaError } from './errors.ts';
import { Lease } from './lease.ts';
import { type Joined, type KnownMember, Membership } from './membership.ts';
import { pause } from './retry.ts';

export interface GroupOptions {
  readonly groupId: string;
  /** What this member subscribes to; `setTopics` changes it. */
  readonly topics: readonly string[];
  /**
   * The units of all members' topics (name → partitions, those that exist). The chosen leader calls it: all members
   * must compute the same, from the arguments alone, as soon as they know the same.
   */
  readonly unitsOf: (
    topicPartitions: ReadonlyMap<string, number>,
    members: readonly KnownMember[],
  ) => readonly Unit[];
  /** What others may know of this member, see `describeGroup`. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** Default 10 000. The broker allows 6000 to 1 800 000 as it comes. */
  readonly sessionTimeoutMs?: number;
  /** Default 1000. */
  readonly heartbeatIntervalMs?: number;
  /** Default 60 000. */
  readonly rebalanceTimeoutMs?: number;
  /** The whole new assignment. Heartbeats go on meanwhile. A throw is as fatal as for `onFailed`. */
  readonly onAssigned: (units: readonly Unit[]) => Promise<void> | void;
  /**
   * A rebalance has begun: finish what is in flight and commit it; everything may be somebody else's when this is done.
   * Heartbeats go on meanwhile. After half the rebalance timeout the member rejoins without waiting further.
   */
  readonly onRevoke: () => Promise<void> | void;
  /** Everything owned is gone already: stop at once, commit nothing. */
  readonly onLost: () => void;
  /** The member has given up for good, after `start` had succeeded: not authorized, another kind of group. */
  readonly onFailed?: (error: KafkaError) => void;
}

interface Holding {
  readonly generation: number;
  readonly memberId: string;
  readonly partitions: ReadonlySet<string>;
  readonly units: readonly Unit[];
}

type Cause = 'rebalance' | 'lost' | 'stop' | 'resubscribe' | KafkaError;

const COMMIT_BUDGET_MS = 30_000;
const LEAVE_PATIENCE_MS = 3000;
const JOIN_PAUSE_MIN_MS = 50;
const JOIN_PAUSE_MAX_MS = 2000;

/**
 * Membership in a consumer group, with heartbeats in the background and a hook before anything is given up.
 *
 * The cycle: join → `onAssigned` → hold, until a rebalance, a loss or a stop → `onRevoke` (or `onLost`) → join again.
 * The three callbacks never overlap, except that `onLost` comes whenever the loss is learned.
 */
export class GroupMember {
  readonly #client: KafkaClient;
  readonly #options: GroupOptions;
  readonly #membership: Membership;
  readonly #lease: Lease;
  readonly #sessionTimeoutMs: number;
  readonly #rebalanceTimeoutMs: number;
  readonly #heartbeatIntervalMs: number;
  readonly #stopping = new AbortController();
  #topics: readonly string[];
  #owned: readonly string[] = [];
  #holding: Holding | null = null;
  #shake: (cause: Cause) => void = () => {};
  #revoking: Promise<void> = Promise.resolve();
  #committing: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | null = null;

  constructor(client: KafkaClient, options: GroupOptions) {
    this.#client = client;
    this.#options = options;
    this.#topics = [...options.topics];
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? 10_000;
    this.#rebalanceTimeoutMs = options.rebalanceTimeoutMs ?? 60_000;
    this.#heartbeatIntervalMs = options.heartbeatIntervalMs ?? 1000;
    this.#lease = new Lease(this.#sessionTimeoutMs, this.#rebalanceTimeoutMs);
    const { groupId, unitsOf, about = null } = options;
    const timeouts = {
      sessionTimeoutMs: this.#sessionTimeoutMs,
      rebalanceTimeoutMs: this.#rebalanceTimeoutMs,
    };
    this.#membership = new Membership(client, { groupId, unitsOf, about, ...timeouts });
  }

  /** What this member owns now; nothing while it joins. */
  get units(): readonly Unit[] {
    return this.#holding?.units ?? [];
  }

  get memberId(): string {
    return this.#membership.memberId;
  }

  get generation(): number {
    return this.#holding?.generation ?? -1;
  }

  /** Joins; resolves when `onAssigned` has been called for the first time and is done, or when stopped meanwhile. */
  async start(): Promise<void> {
    if (this.#running) throw new KafkaError('MISUSED', 'a group member starts once');
    await this.#client.connect();
    let settled = false;
    await new Promise<void>((resolve, reject) => {
      const started = () => {
        settled = true;
        resolve();
      };
      this.#running = this.#run(started).then(started, (thrown) => {
        const error = asKafkaError(thrown);
        if (settled) this.#options.onFailed?.(error);
        else reject(error);
      });
    });
  }

  /** Revokes, leaves the group and ends the connections. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#shake('stop');
    if (!this.#holding) await this.#membership.cutJoin();
    await this.#running;
    await this.#revoking;
    await this.#membership.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Changes the subscription; the group rebalances if it differs. */
  setTopics(topics: readonly string[]): void {
    if (sameTopics(topics, this.#topics)) return;
    this.#topics = [...topics];
    this.#shake('resubscribe');
  }

  /** Joins again, keeping what it owns as far as the others allow: the units are not what they were. */
  rejoin(): void {
    this.#shake('resubscribe');
  }

  /**
   * True while nobody else can own what this member owns, and for `marginMs` longer. Rule C7.
   *
   * False while it joins, and right after the process was frozen for longer than the session timeout.
   */
  leaseValid(marginMs: number): boolean {
    return this.#holding !== null && this.#lease.valid(marginMs);
  }

  /**
   * Commits positions of owned partitions, in one request: all or nothing. Commits queue behind each other.
   *
   * Throws a fenced KafkaError when this member, or its generation, no longer owns one of them.
   */
  commit(entries: readonly CommitEntry[]): Promise<void> {
    const holding = this.#holding;
    if (entries.length === 0) return Promise.resolve();
    const foreign = entries.find((entry) => !holding?.partitions.has(partitionKey(entry)));
    if (!holding || foreign) {
      const what = foreign ? `"${foreign.topic}" partition ${foreign.partition}` : 'anything';
      return Promise.reject(
        new KafkaError('FENCED', `this member of "${this.#options.groupId}" does not own ${what} now`),
      );
    }
    const committed = this.#committing.then(() => this.#commitAs(holding, entries));
    this.#committing = committed.catch(() => {});
    return committed;
  }

  /** What the group has committed for the partitions, of any owner. */
  fetchCommitted(
    topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  ): Promise<Map<string, Map<number, Committed>>> {
    return fetchCommittedOf(this.#client, this.#options.groupId, topics);
  }

  async #run(started: () => void): Promise<void> {
    try {
      while (!this.#stopping.signal.aborted) {
        const topics = this.#topics;
        const joined = await this.#join(topics);
        if (!joined) break;
        await this.#hold(joined, topics, started);
      }
    } finally {
      this.#release();
      await this.#leave();
    }
  }

  /** Joins, again and again until it works. @returns null when stopped meanwhile. Throws what no retry mends. */
  async #join(topics: readonly string[]): Promise<Joined | null> {
    let pauseMs = JOIN_PAUSE_MIN_MS;
    for (;;) {
      let syncedAt = this.#lease.now();
      try {
        const joined = await this.#membership.join(topics, this.#owned, () => {
          syncedAt = this.#lease.now();
        });
        this.#lease.stable(syncedAt);
        return joined;
      } catch (thrown) {
        if (this.#stopping.signal.aborted) return null;
        const error = asKafkaError(thrown);
        if (!error.retriable && !error.fenced) throw error;
        this.#client.log('debug', `joining is retried: ${error.message}`);
        if (error.code === 'REBALANCE_IN_PROGRESS') continue;
        if (error.fenced) this.#membership.forget();
        else this.#membership.forgetCoordinator();
        await pause(pauseMs, this.#stopping.signal);
        pauseMs = Math.min(pauseMs * 2, JOIN_PAUSE_MAX_MS);
      }
    }
  }

  /** Owns an assignment until something shakes it, then gives it up. */
  async #hold(joined: Joined, topics: readonly string[], started: () => void): Promise<void> {
    const { generation, units } = joined;
    const partitions = new Set(units.flatMap((unit) => unit.partitions.map(partitionKey)));
    this.#holding = { generation, units, partitions, memberId: this.#membership.memberId };
    this.#owned = units.map((unit) => unit.id);
    const shaken = new Promise<Cause>((resolve) => {
      this.#shake = resolve;
    });
    const lost = new AbortController();
    const beats = new AbortController();
    const beating = this.#beat(beats.signal, lost);
    try {
      // A revoke that outlasted its patience ends before anything new begins.
      await this.#revoking;
      if (!lost.signal.aborted) await this.#options.onAssigned(units);
      started();
      if (!sameTopics(topics, this.#topics)) this.#shake('resubscribe');
      if (this.#stopping.signal.aborted) this.#shake('stop');
      const cause = await shaken;
      if (!lost.signal.aborted) await this.#revoke(lost.signal);
      if (cause instanceof KafkaError) throw cause;
    } finally {
      this.#release();
      beats.abort();
      await beating;
    }
  }

  async #revoke(lost: AbortSignal): Promise<void> {
    const patience = new AbortController();
    const revoking = Promise.resolve()
      .then(() => this.#options.onRevoke())
      .catch((error) =>
        this.#client.log('error', `giving up partitions failed: ${asKafkaError(error).message}`),
      )
      .finally(() => patience.abort());
    this.#revoking = revoking;
    const onLost = () => patience.abort();
    lost.addEventListener('abort', onLost, { once: true });
    await pause(this.#rebalanceTimeoutMs / 2, patience.signal);
    if (!patience.signal.aborted)
      this.#client.log('warn', 'giving up partitions takes too long: rejoining without waiting');
  }

  /** Heartbeats until stopped or lost. What they say shakes the hold. */
  async #beat(stop: AbortSignal, lost: AbortController): Promise<void> {
    const timeoutMs = Math.max(this.#sessionTimeoutMs / 3, this.#heartbeatIntervalMs);
    while (!stop.aborted) {
      await pause(this.#heartbeatIntervalMs, stop);
      if (stop.aborted) return;
      const sentAt = this.#lease.now();
      try {
        await this.#membership.heartbeat(timeoutMs);
        if (!stop.aborted) this.#lease.stable(sentAt);
      } catch (thrown) {
        if (stop.aborted) return;
        const error = asKafkaError(thrown);
        if (error.code === 'REBALANCE_IN_PROGRESS') {
          this.#lease.rebalancing(sentAt);
          this.#shake('rebalance');
        } else if (error.fenced) {
          this.#lose(error, lost);
          return;
        } else if (error.retriable) {
          // The lease runs out by itself if this goes on.
          this.#membership.forgetCoordinator();
          this.#client.log('debug', `heartbeat is retried: ${error.message}`);
        } else {
          this.#shake(error);
        }
      }
    }
  }

  #lose(error: KafkaError, lost: AbortController): void {
    this.#release();
    this.#owned = [];
    if (error.code !== 'ILLEGAL_GENERATION') this.#membership.forget();
    this.#client.log('warn', `lost everything owned in "${this.#options.groupId}": ${error.message}`);
    lost.abort();
    this.#shake('lost');
    try {
      this.#options.onLost();
    } catch (thrown) {
      this.#client.log('error', `onLost failed: ${asKafkaError(thrown).message}`);
    }
  }

  #release(): void {
    this.#holding = null;
    this.#lease.end();
  }

  #commitAs(holding: Holding, entries: readonly CommitEntry[]): Promise<void> {
    return this.#client.retry(
      () => {
        if (this.#holding !== holding) {
          throw new KafkaError(
            'FENCED',
            `generation ${holding.generation} of "${this.#options.groupId}" is over`,
          );
        }
        return this.#membership.commit(holding.generation, holding.memberId, entries);
      },
      { budgetMs: COMMIT_BUDGET_MS, onRetry: () => this.#membership.forgetCoordinator() },
    );
  }

  async #leave(): Promise<void> {
    const done = new AbortController();
    const leaving = this.#membership
      .leave()
      .catch((error) => this.#client.log('debug', `leaving the group failed: ${asKafkaError(error).message}`))
      .finally(() => done.abort());
    await pause(LEAVE_PATIENCE_MS, done.signal);
    void leaving;
  }
}

function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  const set = new Set(a);
  return set.size === new Set(b).size && b.every((topic) => set.has(topic));
}

function partitionKey({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${partition}/${topic}`;
}
