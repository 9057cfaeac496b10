import type { KafkaClient } from './client.ts';
import { asKafkaError, KafkaError, protocolError } from './errors.ts';
import { groupBy } from './group-by.ts';
import type { Links } from './links.ts';
import { pause } from './retry.ts';
import { type PartitionBatch, produceAnswer, produceCall } from './wire/produce-wire.ts';

const DUPLICATE_SEQUENCE_NUMBER = 46;
const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 1000;

export interface ProduceOptions {
  readonly transactionalId: string | null;
  /** How long retriable failures are retried with the same bytes, so with the same sequence numbers. */
  readonly budgetMs: number;
  readonly requestTimeoutMs: number;
}

/**
 * Writes encoded batches, at most one per partition, to their leaders in parallel, until each is acknowledged by all
 * in-sync replicas.
 *
 * A batch whose outcome is unknown is sent again unchanged: the broker recognises its sequence number. Throws the first
 * final error, or the last retriable one when the budget is used up; then nothing is known of the others.
 *
 * @returns base offsets in the order of the batches; −1 for one the broker recognised but no longer knew the offset of.
 */
export async function produce(
  client: KafkaClient,
  links: Links,
  batches: readonly PartitionBatch[],
  options: ProduceOptions,
): Promise<number[]> {
  const deadline = performance.now() + options.budgetMs;
  const offsets = new Array<number>(batches.length).fill(-1);
  let waiting = batches.map((_, index) => index);
  let pauseMs = PAUSE_MIN_MS;
  for (;;) {
    const outcomes = await sendRound(client, links, batches, waiting, options);
    const again: number[] = [];
    let failure: KafkaError | null = null;
    for (const { index, baseOffset, error } of outcomes) {
      if (!error) {
        offsets[index] = baseOffset;
        continue;
      }
      if (!error.retriable) throw error;
      client.cluster.forgetTopic(batches[index]!.topic);
      again.push(index);
      failure = error;
    }
    if (!failure) return offsets;
    if (performance.now() + pauseMs > deadline) throw failure;
    client.log('debug', `producing is retried: ${failure.message}`);
    await pause(pauseMs * (0.5 + Math.random() / 2), client.signal);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
    waiting = again;
  }
}

interface Outcome {
  readonly index: number;
  readonly baseOffset: number;
  readonly error: KafkaError | null;
}

async function sendRound(
  client: KafkaClient,
  links: Links,
  batches: readonly PartitionBatch[],
  waiting: readonly number[],
  options: ProduceOptions,
): Promise<Outcome[]> {
  const routed: { index: number; leader: number }[] = [];
  const outcomes: Outcome[] = [];
  try {
    await client.cluster.learn(
      links,
      waiting.map((index) => batches[index]!.topic),
    );
  } catch (error) {
    return waiting.map((index) => ({ index, baseOffset: -1, error: asKafkaError(error) }));
  }
  for (const index of waiting) {
    const { topic, partition } = batches[index]!;
    try {
      routed.push({ index, leader: await client.cluster.leaderOf(links, topic, partition) });
    } catch (error) {
      outcomes.push({ index, baseOffset: -1, error: asKafkaError(error) });
    }
  }
  const rounds = [...groupBy(routed, ({ leader }) => leader)].map(([leader, parts]) =>
    sendTo(
      client,
      links,
      leader,
      batches,
      parts.map(({ index }) => index),
      options,
    ),
  );
  return [...outcomes, ...(await Promise.all(rounds)).flat()];
}

async function sendTo(
  client: KafkaClient,
  links: Links,
  leader: number,
  batches: readonly PartitionBatch[],
  indexes: readonly number[],
  options: ProduceOptions,
): Promise<Outcome[]> {
  try {
    const link = await client.cluster.linkTo(links, leader);
    const call = produceCall(
      indexes.map((index) => batches[index]!),
      options.transactionalId,
      options.requestTimeoutMs,
    );
    const answers = produceAnswer(await link.request(call, options.requestTimeoutMs + 5000));
    const found = new Map(answers.map((answer) => [`${answer.partition}/${answer.topic}`, answer]));
    return indexes.map((index) => {
      const { topic, partition } = batches[index]!;
      const answer = found.get(`${partition}/${topic}`);
      if (!answer)
        return {
          index,
          baseOffset: -1,
          error: new KafkaError('CONNECTION_LOST', 'a Produce answer lacks a partition'),
        };
      const known = answer.errorCode === DUPLICATE_SEQUENCE_NUMBER;
      const error = known
        ? null
        : protocolError(answer.errorCode, `producing to "${topic}" partition ${partition}`);
      return { index, baseOffset: answer.baseOffset, error };
    });
  } catch (error) {
    return indexes.map((index) => ({ index, baseOffset: -1, error: asKafkaError(error) }));
  }
}
