import type { KafkaClient } from './client.ts';
import { throwIfFailed } from './errors.ts';
import type { Links } from './links.ts';
import { produce } from './produce.ts';
import { sendInRounds } from './send-rounds.ts';
import { type PartitionRecords, Sequences } from './wire/batches.ts';
import type { WriteCodec } from './wire/codecs.ts';
import type { OutRecord } from './wire/record-batch.ts';

const BUDGET_MS = 60_000;

/**
 * An idempotent producer without transactions: each record is written once, in order, acknowledged by all in-sync
 * replicas. For dead letters and whatever needs no atomicity.
 */
export class PlainProducer {
  readonly #client: KafkaClient;
  readonly #links: Links;
  readonly #codec: WriteCodec;
  readonly #sequences = new Sequences();
  #identity: { producerId: bigint; epoch: number } | null = null;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(client: KafkaClient, options: { readonly codec?: WriteCodec } = {}) {
    this.#client = client;
    this.#links = client.newLinks();
    this.#codec = options.codec ?? 'lz4';
  }

  /** Resolves when the records are acknowledged. When it throws a retriable error, it is unknown how many are written. */
  async send(
    topic: string,
    partition: number,
    records: readonly OutRecord[],
  ): Promise<{ baseOffset: number }> {
    const [baseOffset] = await this.sendAll([{ topic, partition, records }]);
    return { baseOffset: baseOffset! };
  }

  sendAll(entries: readonly PartitionRecords[]): Promise<number[]> {
    const sent = this.#sending.then(() => this.#sendNow(entries));
    this.#sending = sent.catch(() => {});
    return sent;
  }

  async close(): Promise<void> {
    await this.#links.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #sendNow(entries: readonly PartitionRecords[]): Promise<number[]> {
    this.#identity ??= await this.#newIdentity();
    const writer = { ...this.#identity, transactional: false, codec: this.#codec };
    const options = {
      transactionalId: null,
      budgetMs: BUDGET_MS,
      requestTimeoutMs: this.#client.requestTimeoutMs,
    };
    try {
      return await sendInRounds(entries, this.#sequences, writer, (round) =>
        produce(this.#client, this.#links, round, options),
      );
    } catch (error) {
      this.#identity = null;
      this.#sequences.clear();
      throw error;
    }
  }

  #newIdentity(): Promise<{ producerId: bigint; epoch: number }> {
    const { cluster, requestTimeoutMs } = this.#client;
    return this.#client.retry(async () => {
      const link = await cluster.anyLink(this.#links);
      const args = { transactionalId: null, transactionTimeout: BUDGET_MS };
      const answer = await link.control('InitProducerId', args, requestTimeoutMs);
      throwIfFailed(answer.errorCode, 'asking for a producer id');
      return { producerId: BigInt(answer.producerId), epoch: answer.producerEpoch };
    });
  }
}
