import type { KafkaClient, RetryPolicy } from './client.ts';
import { asKafkaError, KafkaError, throwIfFailed } from './errors.ts';
import { groupBy } from './group-by.ts';
import type { Link } from './link.ts';
import type { Links } from './links.ts';
import { produce } from './produce.ts';
import { sendInRounds } from './send-rounds.ts';
import { type PartitionRecords, Sequences } from './wire/batches.ts';
import type { WriteCodec } from './wire/codecs.ts';
import type { ControlName, ControlRequests } from './wire/control.ts';
import { type PartitionBatch, raiseEpochAnswer, raiseEpochCall } from './wire/produce-wire.ts';
import type { OutRecord } from './wire/record-batch.ts';

export interface TransactionOptions {
  /** Default lz4. */
  readonly codec?: WriteCodec;
}

/**
 * `fresh` → init → `ready` ⇄ begin, commit, abort ⇄ `open`; `failed`: something in the transaction failed, only abort
 * (or init) goes on from there; `fenced`: a newer owner exists, final; `closed`.
 */
type State = 'fresh' | 'ready' | 'open' | 'failed' | 'fenced' | 'closed';

/** After this long the broker rolls back an open transaction and fences its producer. */
const TRANSACTION_TIMEOUT_MS = 60_000;
const PAUSES: RetryPolicy = { pauseMs: 5, pauseMaxMs: 500 };
/** How many transactional ids are fenced at a time. */
const FENCES_AT_ONCE = 8;

/**
 * Writes transactions under a transactional id, of which only the newest owner can write. Rule C3.
 *
 * Calls are made one after the other, except `sendAll`, whose calls queue. kafkajs's own producer fences only with its
 * first transaction and waits 300 ms after each; so the protocol is driven here.
 */
export class TransactionalProducer {
  readonly transactionalId: string;
  readonly #client: KafkaClient;
  readonly #links: Links;
  readonly #codec: WriteCodec;
  readonly #sequences = new Sequences();
  readonly #added = new Set<string>();
  #state: State = 'fresh';
  #producerId = -1n;
  #epoch = -1;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(client: KafkaClient, transactionalId: string, options: TransactionOptions = {}) {
    this.#client = client;
    this.#links = client.newLinks();
    this.transactionalId = transactionalId;
    this.#codec = options.codec ?? 'lz4';
  }

  /**
   * Fences all older owners of each id and rolls back what they left open; returns when that is done. Rule C3.
   *
   * For redistributing tasks: positions may be read afterwards, and nothing appears behind them any more.
   */
  static async fence(client: KafkaClient, transactionalIds: readonly string[]): Promise<void> {
    const waiting = [...transactionalIds];
    const workers = Array.from({ length: Math.min(FENCES_AT_ONCE, waiting.length) }, async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const producer = new TransactionalProducer(client, id);
        try {
          await producer.init();
        } finally {
          await producer.close();
        }
      }
    });
    await Promise.all(workers);
  }

  /** Takes the id: older owners are fenced at once, what they left open is rolled back. Rule C3. */
  async init(): Promise<void> {
    if (this.#state === 'fenced' || this.#state === 'closed') throw this.#misused('init');
    const args = { transactionalId: this.transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS };
    const answer = await this.#coordinated('InitProducerId', args, (given) => given.errorCode);
    this.#renewed(BigInt(answer.producerId), answer.producerEpoch);
  }

  /** Opens a transaction; costs no request. */
  begin(): void {
    if (this.#state !== 'ready') throw this.#misused('begin');
    this.#added.clear();
    this.#state = 'open';
  }

  /** Writes records to one partition in the open transaction. */
  async send(
    topic: string,
    partition: number,
    records: readonly OutRecord[],
  ): Promise<{ baseOffset: number }> {
    const [baseOffset] = await this.sendAll([{ topic, partition, records }]);
    return { baseOffset: baseOffset! };
  }

  /**
   * Writes records to several partitions, one request per broker and about a MiB per partition; resolves when all of
   * them are acknowledged by all in-sync replicas, with each entry's base offset.
   *
   * After an error the transaction can only be rolled back with `abort`. A fenced error is final.
   *
   * @param codec of these records, where it is another than the producer's
   */
  sendAll(entries: readonly PartitionRecords[], codec = this.#codec): Promise<number[]> {
    const sent = this.#sending.then(() => this.#guarded('send', 'open', () => this.#sendNow(entries, codec)));
    this.#sending = sent.catch(() => {});
    return sent;
  }

  /**
   * Commits; readers see all records or none, and whoever reads after this sees them. Retried until the answer is known.
   *
   * When it throws a retriable error, the outcome is unknown: `init` again, then read back what was committed.
   */
  async commit(): Promise<void> {
    await this.#guarded('commit', 'open', () => this.#end(true));
    this.#state = 'ready';
  }

  /** Rolls back, also after a failure; the producer can begin again afterwards. */
  async abort(): Promise<void> {
    await this.#sending;
    if (this.#state === 'failed') {
      await this.#guarded('abort', 'failed', () => this.#raiseEpoch());
      return;
    }
    await this.#guarded('abort', 'open', () => this.#end(false));
    this.#state = 'ready';
  }

  /** Ends the connections. An open transaction is left to the next owner or the transaction timeout. */
  async close(): Promise<void> {
    this.#state = 'closed';
    await this.#links.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #sendNow(entries: readonly PartitionRecords[], codec: WriteCodec): Promise<number[]> {
    await this.#addPartitions(entries);
    const writer = {
      producerId: this.#producerId,
      epoch: this.#epoch,
      transactional: true,
      codec,
    };
    return sendInRounds(entries, this.#sequences, writer, (round) => this.#produce(round));
  }

  #produce(round: readonly PartitionBatch[]): Promise<number[]> {
    return produce(this.#client, this.#links, round, {
      transactionalId: this.transactionalId,
      budgetMs: TRANSACTION_TIMEOUT_MS,
      requestTimeoutMs: this.#client.requestTimeoutMs,
    });
  }

  async #addPartitions(entries: readonly PartitionRecords[]): Promise<void> {
    const isNew = ({ topic, partition, records }: PartitionRecords) =>
      records.length > 0 && !this.#added.has(`${partition}/${topic}`);
    const fresh = entries.filter(isNew);
    if (fresh.length === 0) return;
    const topics = [...groupBy(fresh, ({ topic }) => topic)].map(([topic, parts]) => ({
      topic,
      partitions: [...new Set(parts.map(({ partition }) => partition))],
    }));
    await this.#coordinated('AddPartitionsToTxn', { ...this.#identity(), topics }, (answer) => {
      const codes = answer.errors.flatMap(({ partitionErrors }) =>
        partitionErrors.map(({ errorCode }) => errorCode),
      );
      return codes.find((code) => code !== 0) ?? 0;
    });
    for (const { topic, partition } of fresh) this.#added.add(`${partition}/${topic}`);
  }

  /**
   * Ends the transaction, then asks once more: the first answer comes when the outcome is decided, the second when the
   * markers are in all partitions, so that whoever reads after it sees the outcome.
   */
  async #end(transactionResult: boolean): Promise<void> {
    if (this.#added.size === 0) return;
    for (let asked = 0; asked < 2; asked++) {
      await this.#coordinated(
        'EndTxn',
        { ...this.#identity(), transactionResult },
        (answer) => answer.errorCode,
      );
    }
    this.#added.clear();
  }

  /** A new epoch of our own: rolls back, forgets sequences, and is refused if somebody newer took the id (KIP-360). */
  async #raiseEpoch(): Promise<void> {
    const call = raiseEpochCall(this.transactionalId, TRANSACTION_TIMEOUT_MS, this.#producerId, this.#epoch);
    const answer = await this.#atCoordinator(async (link) => {
      const given = raiseEpochAnswer(await link.request(call, this.#client.requestTimeoutMs));
      throwIfFailed(given.errorCode, `raising the epoch of "${this.transactionalId}"`);
      return given;
    });
    this.#renewed(answer.producerId, answer.epoch);
  }

  #renewed(producerId: bigint, epoch: number): void {
    this.#producerId = producerId;
    this.#epoch = epoch;
    this.#sequences.clear();
    this.#added.clear();
    this.#state = 'ready';
  }

  #identity() {
    return {
      transactionalId: this.transactionalId,
      producerId: String(this.#producerId),
      producerEpoch: this.#epoch,
    };
  }

  /** Runs a step of a transaction; a failure leaves the state that says what may follow. */
  async #guarded<T>(step: string, from: State, run: () => Promise<T>): Promise<T> {
    if (this.#state !== from) throw this.#misused(step);
    try {
      return await run();
    } catch (thrown) {
      const error = asKafkaError(thrown);
      if (this.#state !== 'closed') this.#state = error.fenced ? 'fenced' : 'failed';
      throw error;
    }
  }

  #misused(step: string): KafkaError {
    if (this.#state === 'fenced')
      return new KafkaError('FENCED', `"${this.transactionalId}" has a newer owner`);
    if (this.#state === 'closed')
      return new KafkaError('CLIENT_CLOSED', `the producer "${this.transactionalId}" was closed`);
    return new KafkaError(
      'PRODUCER_FAILED',
      `${step} of "${this.transactionalId}" in state "${this.#state}"`,
    );
  }

  #coordinated<N extends ControlName>(
    name: N,
    args: ControlRequests[N]['args'],
    errorCodeOf: (answer: ControlRequests[N]['answer']) => number,
  ): Promise<ControlRequests[N]['answer']> {
    return this.#atCoordinator(async (link) => {
      const answer = await link.control(name, args, this.#client.requestTimeoutMs);
      throwIfFailed(errorCodeOf(answer), `${name} of "${this.transactionalId}"`);
      return answer;
    });
  }

  #atCoordinator<T>(ask: (link: Link) => Promise<T>): Promise<T> {
    const { cluster } = this.#client;
    return this.#client.retry(
      async () => ask(await cluster.transactionCoordinator(this.#links, this.transactionalId)),
      {
        ...PAUSES,
        budgetMs: TRANSACTION_TIMEOUT_MS,
        onRetry: (error) => {
          if (error.code !== 'CONCURRENT_TRANSACTIONS')
            cluster.forgetTransactionCoordinator(this.transactionalId);
        },
      },
    );
  }
}
