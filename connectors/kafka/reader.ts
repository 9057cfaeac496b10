import type { KafkaClient } from './client.ts';
import { asKafkaError, KafkaError, protocolError } from './errors.ts';
import { FetchLanes, type Lane } from './fetch-lanes.ts';
import { HeldBack } from './held-back.ts';
import { pause } from './retry.ts';
import type { PartitionAnswer } from './wire/fetch-wire.ts';
import { decodeRecords, type InRecord } from './wire/record-decode.ts';

export interface ReaderOptions {
  /** Most bytes of one broker's answer (a single batch may be bigger). Default 16 MiB. */
  readonly maxBytes?: number;
  /** Default 2 MiB. */
  readonly maxBytesPerPartition?: number;
  /** How long a broker may wait for `minBytes`. Default 500. */
  readonly maxWaitMs?: number;
  /** Default 1. */
  readonly minBytes?: number;
}

/** What one fetch brought of one partition. */
export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  /** In offset order; none when only control or aborted batches came. Views into the fetched bytes. */
  readonly records: InRecord[];
  /** The offset that was asked for. */
  readonly firstOffset: number;
  /** After the last fetched batch, control and aborted ones included: commit this, judge "drained" by this. Rule C3. */
  readonly nextOffset: number;
  /** The last stable offset at the time: the end for a read_committed reader. */
  readonly endOffset: number;
  readonly highWatermark: number;
  /** What the records hold in memory, unpacked. */
  readonly bytes: number;
}

interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  paused: boolean;
  /** Set by seek and unassign: what is in flight from before is dropped. */
  stale: boolean;
  /** True from the request until its batch was handed out. */
  busy: boolean;
  endOffset: number | null;
  readonly heldBack: HeldBack;
  retryAt: number;
  failures: number;
  fault: KafkaError | null;
}

interface Arrived {
  readonly position: Position;
  readonly batch: FetchedBatch;
}

const RETRY_PAUSE_MIN_MS = 20;
const RETRY_PAUSE_MAX_MS = 1000;
/** So many corrupt answers in a row are no accident of the network. */
const CORRUPT_MAX = 3;

/**
 * Reads assigned partitions from given offsets, read_committed, without a group.
 *
 * Leaders are asked in parallel; what one brings does not wait for another. While the caller works on what `fetch` gave,
 * the next answers arrive: up to two per leader are held in memory (see `FetchLanes`).
 */
export class TopicReader {
  readonly #client: KafkaClient;
  readonly #lanes: FetchLanes;
  readonly #limits: Required<ReaderOptions>;
  readonly #positions = new Map<string, Position>();
  #ready: Arrived[] = [];
  #wake: () => void = () => {};
  #routing = false;
  #routeAgain = false;
  #closed = false;

  constructor(client: KafkaClient, options: ReaderOptions = {}) {
    this.#client = client;
    this.#limits = {
      maxBytes: options.maxBytes ?? 16 * 1024 * 1024,
      maxBytesPerPartition: options.maxBytesPerPartition ?? 2 * 1024 * 1024,
      maxWaitMs: options.maxWaitMs ?? 500,
      minBytes: options.minBytes ?? 1,
    };
    this.#lanes = new FetchLanes(client, this.#limits);
  }

  /** Begins to read a partition at an offset; for one that is assigned already it is a seek that also resumes. */
  assign(topic: string, partition: number, offset: number): void {
    this.unassign(topic, partition);
    this.#positions.set(keyOf(topic, partition), {
      topic,
      partition,
      offset,
      paused: false,
      stale: false,
      busy: false,
      endOffset: null,
      heldBack: new HeldBack(),
      retryAt: 0,
      failures: 0,
      fault: null,
    });
    this.#wake();
  }

  /** Goes on from another offset; what is in flight or ready from before is dropped. */
  seek(topic: string, partition: number, offset: number): void {
    const { paused } = this.#positionOf(topic, partition);
    this.assign(topic, partition, offset);
    if (paused) this.pause(topic, partition);
  }

  unassign(topic: string, partition: number): void {
    const position = this.#positions.get(keyOf(topic, partition));
    if (!position) return;
    position.stale = true;
    this.#positions.delete(keyOf(topic, partition));
    this.#ready = this.#ready.filter((entry) => entry.position !== position);
  }

  /** Holds a partition back; an answer that arrives meanwhile is kept for `resume`. */
  pause(topic: string, partition: number): void {
    this.#positionOf(topic, partition).paused = true;
  }

  resume(topic: string, partition: number): void {
    this.#positionOf(topic, partition).paused = false;
    this.#wake();
  }

  /** The offset after what `fetch` handed out last, or null for a partition that is not assigned. */
  position(topic: string, partition: number): number | null {
    return this.#positions.get(keyOf(topic, partition))?.offset ?? null;
  }

  /** The last stable offset seen last, or null before the first answer. */
  endOffset(topic: string, partition: number): number | null {
    return this.#positions.get(keyOf(topic, partition))?.endOffset ?? null;
  }

  /** Partitions that `fetch` throws for, each with why; unassigning or seeking one ends that. */
  faults(): { readonly topic: string; readonly partition: number; readonly error: KafkaError }[] {
    return [...this.#positions.values()].flatMap(({ topic, partition, fault }) =>
      fault ? [{ topic, partition, error: fault }] : [],
    );
  }

  /**
   * What has arrived, at most one batch per partition; waits up to about `maxWaitMs` for something, then gives none.
   *
   * An abort ends the wait with none. Lost connections and moved leaders are retried for ever, with pauses. Throws
   * OFFSET_OUT_OF_RANGE (never resets by itself) and other final errors of a partition, again at each call until that
   * partition is sought or unassigned; what other partitions have brought is kept for later.
   */
  async fetch(signal?: AbortSignal): Promise<FetchedBatch[]> {
    const deadline = performance.now() + this.#limits.maxWaitMs;
    for (;;) {
      if (this.#closed) throw new KafkaError('CLIENT_CLOSED', 'the reader was closed');
      this.#throwFault();
      const batches = this.#take();
      this.#request();
      const left = deadline - performance.now();
      if (batches.length > 0 || left <= 0 || signal?.aborted) return batches;
      await this.#somethingHappens(left, signal);
    }
  }

  /** Ends the connections; a waiting `fetch` throws CLIENT_CLOSED. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#lanes.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #positionOf(topic: string, partition: number): Position {
    const position = this.#positions.get(keyOf(topic, partition));
    if (!position)
      throw new KafkaError(
        'NOT_ASSIGNED',
        `partition ${partition} of "${topic}" is not assigned to this reader`,
      );
    return position;
  }

  #throwFault(): void {
    for (const { fault } of this.#positions.values()) if (fault) throw fault;
  }

  /** Hands out what is ready and not paused, moves the positions, and lets those partitions be asked again. */
  #take(): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    const kept: Arrived[] = [];
    for (const entry of this.#ready) {
      if (entry.position.paused) {
        kept.push(entry);
        continue;
      }
      entry.position.offset = entry.batch.nextOffset;
      entry.position.busy = false;
      batches.push(entry.batch);
    }
    this.#ready = kept;
    return batches;
  }

  #somethingHappens(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const happened = new AbortController();
    const stop = () => happened.abort();
    this.#wake = stop;
    signal?.addEventListener('abort', stop, { once: true });
    const now = performance.now();
    let untilMs = waitMs;
    for (const { retryAt } of this.#positions.values())
      if (retryAt > now) untilMs = Math.min(untilMs, retryAt - now + 1);
    return pause(untilMs, happened.signal).finally(() => signal?.removeEventListener('abort', stop));
  }

  /** Sends a request to each leader that has none in flight and leads a partition that wants one. */
  #request(): void {
    this.#routeAgain = this.#routing;
    if (this.#routing) return;
    this.#routing = true;
    void this.#route().finally(() => {
      this.#routing = false;
      if (this.#routeAgain) this.#request();
    });
  }

  async #route(): Promise<void> {
    const now = performance.now();
    const { cluster, links } = this.#client;
    const wanting = [...this.#positions.values()].filter((p) => wants(p, now));
    try {
      await cluster.learn(
        links,
        wanting.map((p) => p.topic),
      );
    } catch (error) {
      for (const position of wanting) this.#failed(position, asKafkaError(error));
      return;
    }
    const byLeader = new Map<number, Position[]>();
    for (const position of wanting) {
      try {
        const leader = await cluster.leaderOf(links, position.topic, position.partition);
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), position]);
      } catch (error) {
        this.#failed(position, asKafkaError(error));
      }
    }
    for (const [leader, positions] of byLeader) {
      const asked = positions.filter((position) => wants(position, now));
      const lane = this.#lanes.free(leader);
      if (asked.length > 0 && lane && !this.#closed) void this.#ask(lane, asked);
    }
  }

  async #ask(lane: Lane, positions: readonly Position[]): Promise<void> {
    for (const position of positions) position.busy = true;
    const asked = new Map(positions.map((position) => [keyOf(position.topic, position.partition), position]));
    const maxBytes = this.#limits.maxBytesPerPartition;
    const arrived = new Set<Position>();
    try {
      const from = positions.map(({ topic, partition, offset }) => ({ topic, partition, offset, maxBytes }));
      for (const part of await this.#lanes.fetch(lane, from)) {
        const position = asked.get(keyOf(part.topic, part.partition));
        if (position && !position.stale && (await this.#accept(position, part))) arrived.add(position);
      }
    } catch (error) {
      for (const position of positions) this.#failed(position, asKafkaError(error));
    } finally {
      // What arrived may be handed out and asked for anew by now: only handing it out makes it idle.
      for (const position of positions) if (!arrived.has(position)) position.busy = false;
      this.#moveToBack(positions);
      this.#wake();
    }
  }

  /** @returns whether it brought a batch, which now waits to be handed out. */
  async #accept(position: Position, part: PartitionAnswer): Promise<boolean> {
    const error = protocolError(
      part.errorCode,
      `fetching "${part.topic}" partition ${part.partition} at offset ${position.offset}`,
    );
    if (error) {
      this.#failed(position, error);
      return false;
    }
    const firstOffset = position.offset;
    try {
      const { records, nextOffset, bytes } = await decodeRecords(part.recordSet, firstOffset, part.aborted);
      if (position.stale) return false;
      position.failures = 0;
      position.retryAt = 0;
      position.endOffset = part.lastStableOffset;
      this.#tellHeldBack(position, nextOffset, part);
      if (nextOffset === firstOffset) return false;
      const { topic, partition, highWatermark, lastStableOffset: endOffset } = part;
      const batch = {
        topic,
        partition,
        records,
        firstOffset,
        nextOffset,
        endOffset,
        highWatermark,
        bytes,
      };
      this.#ready.push({ position, batch });
      return true;
    } catch (error) {
      this.#failed(position, asKafkaError(error));
      return false;
    }
  }

  #tellHeldBack({ heldBack, topic, partition }: Position, offset: number, part: PartitionAnswer): void {
    const heldMs = heldBack.seen({ ...part, offset }, performance.now());
    if (heldMs === null) return;
    this.#client.log(
      'warn',
      `a transaction has been open on "${topic}" partition ${partition} for ${Math.round(heldMs / 60_000)} min, so nothing from offset ` +
        `${part.lastStableOffset} on can be read: find it with kafka-transactions.sh find-hanging`,
    );
  }

  /** Retries later what may pass; anything else becomes the partition's fault. */
  #failed(position: Position, error: KafkaError): void {
    if (position.stale || this.#closed) return;
    this.#client.cluster.forgetTopic(position.topic);
    position.failures++;
    if (!error.retriable || (error.code === 'CORRUPT_MESSAGE' && position.failures >= CORRUPT_MAX)) {
      position.fault = error;
      this.#wake();
      return;
    }
    const pauseMs = Math.min(
      RETRY_PAUSE_MIN_MS * 2 ** Math.min(position.failures - 1, 10),
      RETRY_PAUSE_MAX_MS,
    );
    position.retryAt = performance.now() + pauseMs * (0.5 + Math.random() / 2);
    if (position.failures % 10 === 1) this.#client.log('debug', `reading is retried: ${error.message}`);
  }

  /** Brokers fill an answer in the order asked: whoever was asked goes to the end, so that all get their turn. */
  #moveToBack(positions: readonly Position[]): void {
    for (const position of positions) {
      const key = keyOf(position.topic, position.partition);
      if (this.#positions.get(key) !== position || position.endOffset === null) continue;
      if (!this.#ready.some((entry) => entry.position === position)) continue;
      this.#positions.delete(key);
      this.#positions.set(key, position);
    }
  }
}

function wants(position: Position, now: number): boolean {
  return !(position.busy || position.paused || position.stale || position.fault || position.retryAt > now);
}

function keyOf(topic: string, partition: number): string {
  return `${partition}/${topic}`;
}
