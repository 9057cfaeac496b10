import { ConnectError } from '../../connectors/errors.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { commitAsEmptyGroup, describeGroup, fetchCommitted } from '../../connectors/kafka/committed.ts';
import { KafkaError } from '../../connectors/kafka/errors.ts';
import { type LaneState, readLane, writeLane } from '../../connectors/runtime/sink/lane-state.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import { membersAt } from '../group-members.ts';
import type { TopicsView } from '../topics-view.ts';

/** A partition that a sink once owned, as it last committed it. */
export interface OwnedLane {
  readonly partition: number;
  readonly state: LaneState;
}

/** One partition from where it was to where it goes on. */
export interface LaneMove {
  readonly partition: number;
  readonly before: LaneState;
  readonly after: LaneState;
}

/** Throws SINK_RUNNING, with who runs it: positions under a running sink would be overwritten by its next commit. */
export async function assertStopped(kafka: KafkaClient, sink: string): Promise<void> {
  const { members } = await describeGroup(kafka, sinkGroup(sink));
  if (members.length > 0) throw runningError(sink, members);
}

/** What the sink committed, by table; partitions that nobody ever owned are left out. */
export async function lanesOf(
  view: TopicsView,
  sink: string,
  tables: readonly string[],
): Promise<Map<string, OwnedLane[]>> {
  const topics = tables.flatMap((table) => [view.names.snapshot(table), view.names.changes(table)]);
  const committed = await fetchCommitted(view.kafka, sinkGroup(sink), topics);
  const none = { offset: null, metadata: '' };
  return new Map(
    tables.map((table) => {
      const changes = committed.get(view.names.changes(table));
      const lanes: OwnedLane[] = [];
      for (const [partition, snapshot] of committed.get(view.names.snapshot(table)) ?? []) {
        const state = readLane(snapshot, changes?.get(partition) ?? none);
        if (state) lanes.push({ partition, state });
      }
      return [table, lanes.sort((a, b) => a.partition - b.partition)];
    }),
  );
}

/** Commits one table's moves in one request, all or none; Kafka refuses it while anybody is in the group. */
export async function commitLanes(
  view: TopicsView,
  sink: string,
  table: string,
  moves: readonly LaneMove[],
): Promise<void> {
  const { kafka, names } = view;
  const entries = moves.flatMap(({ partition, after }) => {
    const { snapshot, changes } = writeLane(after);
    return [
      {
        topic: names.snapshot(table),
        partition,
        offset: after.snapshot.position,
        metadata: snapshot.metadata,
      },
      { topic: names.changes(table), partition, offset: after.changes.position, metadata: changes.metadata },
    ];
  });
  try {
    await commitAsEmptyGroup(kafka, sinkGroup(sink), entries);
  } catch (error) {
    if (!(error instanceof KafkaError) || error.code !== 'NON_EMPTY_GROUP') throw error;
    throw runningError(sink, (await describeGroup(kafka, sinkGroup(sink))).members, error);
  }
}

type Members = Awaited<ReturnType<typeof describeGroup>>['members'];

/** Who runs a sink that must be stopped. */
export function runningError(sink: string, members: Members, cause?: unknown): ConnectError {
  return new ConnectError('SINK_RUNNING', `Sink ${sink} is being run${membersAt(members)}`, {
    cause,
    detail: { connector: sink },
  });
}
