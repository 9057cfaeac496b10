import { systemClock } from '../../clock.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import {
  type CommitEntry,
  type Committed,
  commitAsEmptyGroup,
  describeGroup,
  fetchCommitted,
} from '../../kafka/committed.ts';
import { asKafkaError, KafkaError } from '../../kafka/errors.ts';
import { beginOffsets, endOffsets } from '../../kafka/offsets.ts';
import type { Catalog } from '../../runtime/catalog.ts';
import {
  FRESH_LANE,
  type LaneState,
  readLane,
  type TopicProgress,
  writeLane,
} from '../../runtime/sink/lane-state.ts';
import { sinkGroup, type TopicNames } from '../../topic-names.ts';
import { RequestError } from '../herder.ts';
import { moveChanges, moveSnapshot, type SnapshotPlace, snapshotPlace, stuckAt } from './lane-move.ts';
import { passedOver } from './passed-over.ts';
import type { Move } from './sink-offsets.ts';

type Offsets = Map<string, Map<number, Committed>>;

/** A sink connector, and what says where its topics' markers stand. */
export interface SinkToMove {
  readonly kafka: KafkaClient;
  readonly connector: string;
  readonly tables: readonly string[];
  readonly names: TopicNames;
  /** Null: there is none yet, and so no snapshot. */
  readonly catalog: Pick<Catalog, 'readPastOpen' | 'currentChain' | 'snapshotPartition'> | null;
}

type BeforeRows = (tables: readonly string[]) => Promise<void>;

/** A connector counts as stopped once it is told to; its tasks may still finish what is in flight. */
const DRAIN_WAIT_MS = 5000;
const DRAIN_LOOK_MS = 200;

/**
 * Moves a sink connector that is stopped to other places of its topics.
 *
 * Counters stay what they are: what is read again is not counted again, and what is passed over counts as superseded
 * (rule C9). A snapshot that is read again closes its gate (rule C7). Waits a moment for tasks that still run, then throws 400;
 * so it does for a place from which the sink could not go on.
 *
 * @param beforeRows called when all is checked, with the tables whose rows are read again.
 */
export async function moveSink(
  sink: SinkToMove,
  moves: readonly Move[],
  beforeRows: BeforeRows,
): Promise<void> {
  const deadline = systemClock.monotonic() + DRAIN_WAIT_MS;
  for (;;) {
    try {
      return await moveEmpty(sink, moves, beforeRows);
    } catch (error) {
      if (asKafkaError(error).code !== 'NON_EMPTY_GROUP') throw error;
      if (systemClock.monotonic() > deadline) {
        throw new RequestError(
          400,
          `Failed to alter consumer group offsets for connector ${sink.connector} either because its tasks haven't stopped ` +
            'completely yet or the resources it was using are being cleaned up. Retry it in a moment',
          { cause: error },
        );
      }
    }
    await systemClock.sleep(DRAIN_LOOK_MS);
  }
}

/** Throws NON_EMPTY_GROUP while a task of it runs. */
async function moveEmpty(sink: SinkToMove, moves: readonly Move[], beforeRows: BeforeRows): Promise<void> {
  const { kafka, connector, tables, names } = sink;
  const group = sinkGroup(connector);
  // Looked at before its positions are: what a task commits last counts too.
  if ((await describeGroup(kafka, group)).members.length > 0) {
    throw new KafkaError('NON_EMPTY_GROUP', `group "${group}" has members`);
  }
  const topics = tables.flatMap((table) => [names.snapshot(table), names.changes(table)]);
  const committed = await fetchCommitted(kafka, group, topics);
  const foreign = moves.find(({ topic, partition }) => committed.get(topic)?.has(partition) !== true);
  if (foreign) {
    const { topic, partition } = foreign;
    throw new RequestError(
      400,
      `${topic} has no partition ${partition}, or is no topic of connector ${connector}`,
    );
  }
  await refuseOutside(kafka, moves);
  // Only now: what begins a snapshot before those ends is known then (rule C3).
  await sink.catalog?.readPastOpen();
  const lanes = tables.flatMap((table) => lanesOf(sink, table, committed, moves));
  for (const lane of lanes) refuseStuck(lane);
  const entries: CommitEntry[] = [];
  for (const lane of lanes) entries.push(...(await movedEntries(kafka, lane)));
  await beforeRows(tables.filter((table) => rewinds(names.snapshot(table), committed, moves)));
  await commitAsEmptyGroup(kafka, group, entries);
}

/** Kafka gives nothing from there, and a lane would fail again and again. */
async function refuseOutside(kafka: KafkaClient, moves: readonly Move[]): Promise<void> {
  const placed = moves.filter(({ offset }) => offset !== null);
  for (const topic of new Set(placed.map((move) => move.topic))) {
    const [begins, ends] = await Promise.all([beginOffsets(kafka, topic), endOffsets(kafka, topic)]);
    for (const { partition, offset } of placed.filter((move) => move.topic === topic)) {
      const [begin, end] = [begins[partition] ?? 0, ends[partition] ?? 0];
      if (offset === null || (offset >= begin && offset <= end)) continue;
      throw refused({ topic, partition, offset }, `${topic} holds offsets from ${begin} to ${end}`);
    }
  }
}

function rewinds(snapshotTopic: string, committed: Offsets, moves: readonly Move[]): boolean {
  const of = committed.get(snapshotTopic);
  return moves.some(
    ({ topic, partition, offset }) =>
      topic === snapshotTopic && (offset === null || offset < (of?.get(partition)?.offset ?? 0)),
  );
}

/** A lane that is moved, and the topics in which it is. */
interface LaneMove {
  readonly state: LaneState;
  readonly topics: readonly [snapshot: string, changes: string];
  readonly partition: number;
  readonly rows: Move | undefined;
  readonly changes: Move | undefined;
  readonly place: SnapshotPlace | null;
}

function lanesOf(
  { names, catalog }: SinkToMove,
  table: string,
  committed: Offsets,
  moves: readonly Move[],
): LaneMove[] {
  const topics = [names.snapshot(table), names.changes(table)] as const;
  const own = moves.filter(({ topic }) => topics.includes(topic));
  return [...new Set(own.map(({ partition }) => partition))].map((partition) => {
    const none = { offset: null, metadata: '' };
    const [snapshot, changes] = topics.map((topic) => committed.get(topic)?.get(partition) ?? none);
    const [toRows, toChanges] = topics.map((name) =>
      own.find((move) => move.topic === name && move.partition === partition),
    );
    return {
      state: readLane(snapshot ?? none, changes ?? none) ?? FRESH_LANE,
      topics,
      partition,
      rows: toRows,
      changes: toChanges,
      place: snapshotPlace(catalog, table, partition),
    };
  });
}

function refuseStuck({ state, place, rows }: LaneMove): void {
  const offset = rows?.offset ?? null;
  const why = rows === undefined || offset === null ? null : stuckAt(state, place, offset);
  if (rows !== undefined && why !== null) throw refused(rows, why);
}

const refused = ({ topic, partition, offset }: Move, why: string): RequestError =>
  new RequestError(400, `${topic} partition ${partition} cannot be read from offset ${offset}: ${why}`);

async function movedEntries(
  kafka: KafkaClient,
  { state, topics, partition, rows, changes, place }: LaneMove,
): Promise<CommitEntry[]> {
  const [snapshotTopic, changesTopic] = topics;
  let to = state;
  // In this order: whether the gate is open decides from where changes are written.
  if (rows) to = moveSnapshot(to, await moved(kafka, rows, to.snapshot), place);
  if (changes) to = moveChanges(to, await moved(kafka, changes, to.changes));
  const lane = writeLane(to);
  return [
    { topic: snapshotTopic, partition, ...committing(lane.snapshot) },
    { topic: changesTopic, partition, ...committing(lane.changes) },
  ];
}

const committing = ({ offset, metadata }: Required<Committed>) => ({ offset: offset ?? 0, metadata });

/** Progress in a topic once it was moved; null: none was made. */
async function moved(
  kafka: KafkaClient,
  move: Move,
  { countedTo, outcomes }: TopicProgress,
): Promise<TopicProgress | null> {
  const { offset } = move;
  if (offset === null) return null;
  const superseded = outcomes.superseded + (await passedOver(kafka, move, countedTo, offset));
  return { position: offset, countedTo: Math.max(countedTo, offset), outcomes: { ...outcomes, superseded } };
}
