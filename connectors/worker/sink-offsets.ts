import { systemClock } from '../clock.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type Committed, commitAsEmptyGroup, describeGroup, fetchCommitted } from '../kafka/committed.ts';
import { asKafkaError, KafkaError } from '../kafka/errors.ts';
import { FRESH_LANE, type LaneState, readLane, writeLane } from '../runtime/lane-state.ts';
import { sinkGroup, type TopicNames } from '../topic-names.ts';
import { type ConnectorOffset, RequestError } from './herder.ts';

type Offsets = Map<string, Map<number, Committed>>;

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

/** What a client wrote, numbers or texts; throws 400 for what is none of it. */
export function readMoves(offsets: readonly ConnectorOffset[]): Move[] {
  return offsets.map(({ partition, offset }) => {
    const { kafka_topic: topic, kafka_partition: number } = partition;
    if (typeof topic !== 'string' || topic === '') {
      throw new RequestError(
        400,
        "The partition for a sink connector offset must contain the key 'kafka_topic'",
      );
    }
    return {
      topic,
      partition: wholeNumber(number, 'kafka_partition', 'partition'),
      offset: offset === null ? null : wholeNumber(offset['kafka_offset'], 'kafka_offset', 'offset'),
    };
  });
}

/** A connector counts as stopped once it is told to; its tasks may still finish what is in flight. */
const DRAIN_WAIT_MS = 5000;
const DRAIN_LOOK_MS = 200;

/**
 * Moves a sink connector that is stopped to other places of its topics.
 *
 * Counters stay what they are: what is read again is not counted again, and what is passed over counts as superseded
 * (rule C9). A snapshot that is read again closes its gate (rule C7). Waits a moment for tasks that still run, then throws 400.
 */
export async function moveSink(
  kafka: KafkaClient,
  connector: string,
  tables: readonly string[],
  names: TopicNames,
  moves: readonly Move[],
): Promise<void> {
  const deadline = systemClock.monotonic() + DRAIN_WAIT_MS;
  for (;;) {
    try {
      return await moveEmpty(kafka, connector, tables, names, moves);
    } catch (error) {
      if (asKafkaError(error).code !== 'NON_EMPTY_GROUP') throw error;
      if (systemClock.monotonic() > deadline) {
        throw new RequestError(
          400,
          `Failed to alter consumer group offsets for connector ${connector} either because its tasks haven't stopped ` +
            'completely yet or the resources it was using are being cleaned up. Retry it in a moment',
          { cause: error },
        );
      }
    }
    await systemClock.sleep(DRAIN_LOOK_MS);
  }
}

/** Throws NON_EMPTY_GROUP while a task of it runs. */
async function moveEmpty(
  kafka: KafkaClient,
  connector: string,
  tables: readonly string[],
  names: TopicNames,
  moves: readonly Move[],
): Promise<void> {
  const group = sinkGroup(connector);
  // Looked at before its positions are: what a task commits last counts too.
  if ((await describeGroup(kafka, group)).members.length > 0) {
    throw new KafkaError('NON_EMPTY_GROUP', `group "${group}" has members`);
  }
  const topics = tables.flatMap((table) => [names.snapshot(table), names.changes(table)]);
  const committed = await fetchCommitted(kafka, group, topics);
  const entries = tables.flatMap((table) => lanesOf(table, names, committed, moves));
  const foreign = moves.find(({ topic, partition }) => committed.get(topic)?.has(partition) !== true);
  if (foreign) {
    const { topic, partition } = foreign;
    throw new RequestError(
      400,
      `${topic} has no partition ${partition}, or is no topic of connector ${connector}`,
    );
  }
  await commitAsEmptyGroup(kafka, group, entries);
}

/** Moves to the start of everything that was read. */
export function allToStart(committed: readonly ConnectorOffset[]): Move[] {
  return readMoves(committed).map((move) => ({ ...move, offset: null }));
}

function lanesOf(table: string, names: TopicNames, committed: Offsets, moves: readonly Move[]) {
  const [snapshotTopic, changesTopic] = [names.snapshot(table), names.changes(table)];
  const touched = new Set(
    moves.flatMap(({ topic, partition }) =>
      topic === snapshotTopic || topic === changesTopic ? [partition] : [],
    ),
  );
  return [...touched].flatMap((partition) => {
    const none = { offset: null, metadata: '' };
    const snapshot = committed.get(snapshotTopic)?.get(partition) ?? none;
    const changes = committed.get(changesTopic)?.get(partition) ?? none;
    let state = readLane(snapshot, changes) ?? FRESH_LANE;
    for (const move of moves) {
      if (move.partition !== partition) continue;
      if (move.topic === snapshotTopic) state = moveSnapshot(state, move.offset);
      if (move.topic === changesTopic) state = moveChanges(state, move.offset);
    }
    const lane = writeLane(state);
    return [
      { topic: snapshotTopic, partition, ...committing(lane.snapshot) },
      { topic: changesTopic, partition, ...committing(lane.changes) },
    ];
  });
}

const committing = ({ offset, metadata }: Required<Committed>) => ({ offset: offset ?? 0, metadata });

function moveSnapshot(state: LaneState, offset: number | null): LaneState {
  const { snapshot } = state;
  if (offset === null) return { ...state, snapshot: { ...FRESH_LANE.snapshot } };
  const gateOpen = snapshot.gateOpen && offset >= snapshot.position;
  return { ...state, snapshot: { ...snapshot, ...movedTo(snapshot, offset), gateOpen } };
}

function moveChanges(state: LaneState, offset: number | null): LaneState {
  const { changes } = state;
  if (offset === null) return { ...state, changes: { ...FRESH_LANE.changes } };
  return { ...state, changes: { ...changes, ...movedTo(changes, offset) } };
}

function movedTo(progress: LaneState['snapshot'] | LaneState['changes'], offset: number) {
  const passedOver = Math.max(0, offset - progress.countedTo);
  const { outcomes } = progress;
  return {
    position: offset,
    countedTo: Math.max(progress.countedTo, offset),
    outcomes: { ...outcomes, superseded: outcomes.superseded + passedOver },
  };
}

function wholeNumber(value: unknown, key: string, where: 'partition' | 'offset'): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new RequestError(
    400,
    value === undefined
      ? `The ${where} for a sink connector offset must contain the key '${key}'`
      : `${key} of a sink connector offset must be a whole number from 0`,
  );
}
