import { BatchWriteItemCommand, DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { type Credentials, region } from './services.ts';

/** A put of a whole item, or a delete; in the order in which they happened. */
export type NaiveBatch = readonly WriteRequest[];

export interface NaiveSinkOptions {
  readonly endpoints: readonly string[];
  readonly credentials: Credentials;
  readonly table: string;
  /** round-robin: the next node for each request. failover: the first node, until a request to it fails. */
  readonly route: 'round-robin' | 'failover';
  /** What failed or was left over is sent again before the next batch, or when the others are through. */
  readonly retry: 'at once' | 'at the end';
  /** A request without an answer has failed after this long; default 10 000: a busy machine is not a fault. */
  readonly timeoutMs?: number;
  /** Called before each new batch, with its number. */
  readonly before?: (batch: number) => Promise<void>;
}

/** Tries of one batch before the test is stuck. */
const TRIES_MAX = 50;

/**
 * The sink that everybody writes first: it reads changes in order, sends each batch, and repeats at once what failed.
 *
 * It ends equal on a target that never fails and has one clock. It never waits, keeps no key to a node, and does not
 * ask what became of a request without an answer.
 */
export async function naiveSink(batches: readonly NaiveBatch[], options: NaiveSinkOptions): Promise<void> {
  const clients = options.endpoints.map(
    (endpoint) =>
      new DynamoDBClient({ endpoint, region, credentials: { ...options.credentials }, maxAttempts: 1 }),
  );
  let turn = 0;
  const send = async (batch: NaiveBatch): Promise<NaiveBatch> => {
    const client = clients[turn % clients.length]!;
    if (options.route === 'round-robin') turn++;
    try {
      const answer = await client.send(
        new BatchWriteItemCommand({ RequestItems: { [options.table]: [...batch] } }),
        { abortSignal: AbortSignal.timeout(options.timeoutMs ?? 10_000) },
      );
      return answer.UnprocessedItems?.[options.table] ?? [];
    } catch {
      if (options.route === 'failover') turn++;
      return batch;
    }
  };
  const untilDone = async (batch: NaiveBatch) => {
    let rest = batch;
    for (let tries = 0; rest.length > 0; tries++) {
      if (tries === TRIES_MAX) throw new Error('the naive sink gives up');
      rest = await send(rest);
    }
  };
  const failed: NaiveBatch[] = [];
  try {
    for (const [number, batch] of batches.entries()) {
      await options.before?.(number);
      if (options.retry === 'at once') await untilDone(batch);
      else failed.push(await send(batch));
    }
    for (const batch of failed) await untilDone(batch);
  } finally {
    for (const client of clients) client.destroy();
  }
}
