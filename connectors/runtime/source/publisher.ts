import type { Clock } from '../../clock.ts';
import { ConnectError } from '../../errors.ts';
import { KafkaError } from '../../kafka/errors.ts';
import { groupBy } from '../../kafka/group-by.ts';
import type { TransactionalProducer } from '../../kafka/producer.ts';
import { partitionOf } from '../../kafka/wire/murmur2.ts';
import type { OutRecord } from '../../kafka/wire/record-batch.ts';
import type { Logger } from '../../log.ts';
import type { TaskMetrics } from '../../metrics/metrics.ts';
import { BACKOFF, backoffMs } from '../backoff.ts';
import type { KeyedEntry } from '../catalog.ts';

/** Records for one topic partition. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutRecord[];
}

/** What becomes visible together or not at all (rule C3): records, positions and catalog records. */
export interface Publication {
  readonly batches: readonly Batch[];
  readonly offsets: readonly KeyedEntry[];
  readonly catalog: readonly KeyedEntry[];
  /** Memory the records hold, for back-pressure. */
  readonly bytes: number;
  /** Catalog records that name the offsets just given to `batches`; same order as these. */
  readonly catalogOf?: (baseOffsets: readonly number[]) => readonly KeyedEntry[];
}

interface Pending {
  readonly publication: Publication;
  resolve(baseOffsets: readonly number[]): void;
  reject(error: unknown): void;
}

interface PublisherWorld {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly metrics?: TaskMetrics | undefined;
}

/** The producer's own state is at fault, not what was written: a new one of the same id goes on. */
const PRODUCER_BROKEN: ReadonlySet<string> = new Set([
  'PRODUCER_FAILED',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_TXN_STATE',
  'TRANSACTION_ABORTABLE',
  'UNKNOWN_SERVER_ERROR',
]);
/** A transaction takes what has gathered, up to about this much. */
const TRANSACTION_BYTES_MAX = 8 << 20;

/**
 * Writes publications in their order, several to a transaction, through the one transactional producer of a task.
 *
 * A transaction that fails for a passing reason is aborted and repeated with the same records; once the producer is
 * fenced every waiting and later publication is rejected with KAFKA_FENCED: another owner goes on (rule C3).
 */
export class Publisher {
  readonly #producer: TransactionalProducer;
  readonly #topics: { offsets: string; offsetsPartitions: number; catalog: string };
  readonly #world: PublisherWorld;
  #queue: Pending[] = [];
  #queuedBytes = 0;
  #running: Promise<void> | null = null;
  #failure: unknown = null;
  #roomWaiters: (() => void)[] = [];
  readonly #onFailure: (error: unknown) => void;
  readonly #bytesMax: number;

  /** @param onFailure hears the failure after which nothing more is written: the task must begin anew. */
  constructor(
    producer: TransactionalProducer,
    topics: { offsets: string; offsetsPartitions: number; catalog: string },
    world: PublisherWorld,
    onFailure: (error: unknown) => void,
    bytesMax = 16 << 20,
  ) {
    this.#producer = producer;
    this.#topics = topics;
    this.#world = world;
    this.#onFailure = onFailure;
    this.#bytesMax = bytesMax;
    world.metrics?.watchQueue(() => this.#queuedBytes);
  }

  /** Resolves when there is room for more: what waits is bounded in bytes. */
  async room(): Promise<void> {
    while (this.#queuedBytes >= this.#bytesMax && this.#failure === null) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
  }

  /** Resolves with the offset given to the first record of each batch, once the transaction is committed. */
  publish(publication: Publication): Promise<readonly number[]> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ publication, resolve, reject });
      this.#queuedBytes += publication.bytes;
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 && this.#failure === null) {
      const taken = this.#take();
      try {
        const bases = await this.#commitRepeatedly(taken);
        taken.forEach((pending, i) => {
          pending.resolve(bases[i] ?? []);
        });
      } catch (error) {
        this.#failure = error;
        this.#onFailure(error);
        for (const pending of [...taken, ...this.#queue]) pending.reject(error);
        this.#queue = [];
      }
      for (const pending of taken) this.#queuedBytes -= pending.publication.bytes;
      this.#wake();
    }
    this.#running = null;
  }

  #take(): Pending[] {
    const taken: Pending[] = [];
    let bytes = 0;
    while (this.#queue.length > 0 && (taken.length === 0 || bytes < TRANSACTION_BYTES_MAX)) {
      const next = this.#queue.shift() as Pending;
      taken.push(next);
      bytes += next.publication.bytes;
    }
    return taken;
  }

  #wake(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const wake of waiters) wake();
  }

  async #commitRepeatedly(taken: readonly Pending[]): Promise<number[][]> {
    for (let attempt = 0; ; attempt++) {
      this.#world.signal.throwIfAborted();
      try {
        return await this.#transaction(taken.map((pending) => pending.publication));
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        if (error.fenced) {
          throw new ConnectError('KAFKA_FENCED', error.message, { cause: error });
        }
        if (!error.retriable) {
          const code = PRODUCER_BROKEN.has(error.code) ? 'KAFKA_UNREACHABLE' : 'KAFKA_REFUSED';
          throw new ConnectError(code, error.message, { cause: error });
        }
        this.#world.metrics?.retried('publish', error.code);
        this.#world.log.warn({ code: error.code, attempt }, `transaction repeated: ${error.message}`);
        await this.#world.clock.sleep(backoffMs(attempt, BACKOFF), this.#world.signal);
      }
    }
  }

  // Rule C3: records, positions and catalog commit together.
  async #transaction(publications: readonly Publication[]): Promise<number[][]> {
    const producer = this.#producer;
    const begunMs = this.#world.clock.monotonic();
    await producer.begin();
    try {
      const bases = await producer.sendAll(publications.flatMap((p) => p.batches));
      const perPublication: number[][] = [];
      let at = 0;
      for (const p of publications) {
        perPublication.push(bases.slice(at, at + p.batches.length));
        at += p.batches.length;
      }
      const internal = publications.flatMap((p, i) => this.#internalBatches(p, perPublication[i] ?? []));
      // Small records that other programs read too, and not every client knows a codec.
      if (internal.length > 0) await producer.sendAll(internal, 'none');
      await this.#commit();
      this.#world.metrics?.transaction({
        records: publications.reduce((sum, p) => sum + recordsOf(p), 0),
        bytes: publications.reduce((sum, { bytes }) => sum + bytes, 0),
        tookMs: this.#world.clock.monotonic() - begunMs,
      });
      return perPublication;
    } catch (error) {
      if (error instanceof KafkaError && !error.fenced) await producer.abort().catch(() => {});
      throw error;
    }
  }

  /**
   * A commit whose outcome stays unknown must not be repeated here: the records may be in the topic. The task begins
   * anew: its producer is initialised, which settles the transaction, and positions are read after that.
   */
  async #commit(): Promise<void> {
    try {
      await this.#producer.commit();
    } catch (cause) {
      if (cause instanceof KafkaError && cause.fenced) throw cause;
      const message = `Outcome of a commit is unknown: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new ConnectError('KAFKA_UNREACHABLE', message, { cause });
    }
  }

  #internalBatches(publication: Publication, bases: readonly number[]): Batch[] {
    const { offsets, offsetsPartitions, catalog } = this.#topics;
    const byPartition = groupBy(publication.offsets.map(toRecord), ({ key }) =>
      partitionOf(key, offsetsPartitions),
    );
    const batches = [...byPartition].map(
      ([partition, records]): Batch => ({ topic: offsets, partition, records }),
    );
    const entries = [...publication.catalog, ...(publication.catalogOf?.(bases) ?? [])];
    if (entries.length > 0) batches.push({ topic: catalog, partition: 0, records: entries.map(toRecord) });
    return batches;
  }
}

function recordsOf({ batches }: Publication): number {
  return batches.reduce((sum, { records }) => sum + records.length, 0);
}

function toRecord(entry: KeyedEntry): OutRecord & { key: Buffer } {
  return {
    key: Buffer.from(entry.key),
    value: entry.value === null ? null : Buffer.from(entry.value),
    timestampMs: Date.now(),
  };
}
