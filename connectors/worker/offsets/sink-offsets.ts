import type { KafkaClient } from '../../kafka/client.ts';
import { fetchCommitted } from '../../kafka/committed.ts';
import { sinkGroup } from '../../topic-names.ts';
import { type ConnectorOffset, RequestError } from '../herder.ts';

/** What a sink connector has read, by topic partition, as Kafka Connect shows it. A partition at its start is not listed. */
export async function sinkOffsets(
  kafka: KafkaClient,
  connector: string,
  topics: readonly string[],
): Promise<ConnectorOffset[]> {
  const committed = await fetchCommitted(kafka, sinkGroup(connector), topics);
  return [...committed].flatMap(([topic, partitions]) =>
    [...partitions].flatMap(([partition, { offset }]) =>
      offset === null || offset === 0
        ? []
        : [
            {
              partition: { kafka_topic: topic, kafka_partition: partition },
              offset: { kafka_offset: offset },
            },
          ],
    ),
  );
}

/** Another place to read a topic partition from; null: its start. */
export interface Move {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | null;
}

/**
 * What a client wrote, numbers or texts; of two for one partition the last counts, as in Kafka Connect. Throws 400 for what is none
 * of it, in its words (SinkUtils).
 */
export function readMoves(offsets: readonly ConnectorOffset[]): Move[] {
  const moves = offsets.map(({ partition, offset }): Move => {
    const { kafka_topic: topic, kafka_partition: number } = partition;
    if (topic === undefined || number === undefined) {
      throw badOffset(
        "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
      );
    }
    if (typeof topic !== 'string' || topic === '') {
      throw badOffset('Kafka topic names must be valid strings and may not be null');
    }
    return {
      topic,
      partition: wholeNumber(number, 'partition'),
      offset: offset === null ? null : wholeNumber(offsetNumber(offset), 'offset'),
    };
  });
  return [...new Map(moves.map((move) => [JSON.stringify([move.topic, move.partition]), move])).values()];
}

/** Moves to the start of everything that was read. */
export function allToStart(committed: readonly ConnectorOffset[]): Move[] {
  return readMoves(committed).map((move) => ({ ...move, offset: null }));
}

function offsetNumber(offset: NonNullable<ConnectorOffset['offset']>): unknown {
  if (offset['kafka_offset'] !== undefined) return offset['kafka_offset'];
  throw badOffset("The offset for a sink connector should either be null or contain the key 'kafka_offset'");
}

function wholeNumber(value: unknown, what: 'partition' | 'offset'): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  const values = what === 'partition' ? 'Partition values' : 'Offset values';
  throw badOffset(
    `Failed to parse the following Kafka ${what} value in the provided offsets: '${textOf(value)}'. ` +
      `${values} for sink connectors need to be integers, from 0`,
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const badOffset = (message: string): RequestError => new RequestError(400, message);
