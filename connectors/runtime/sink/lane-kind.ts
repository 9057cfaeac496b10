import type { FetchedBatch, TopicReader } from '../../kafka/reader.ts';
import type { TopicLag } from '../../metrics/metrics.ts';
import { Lane, type LaneTopics } from './lane.ts';
import type { LaneState } from './lane-state.ts';
import type { LaneTarget } from './lane-write.ts';
import type { SinkDefinition } from './sink-world.ts';

/** A lane at work. */
export interface LaneRun {
  /** All that is durable; safe to commit at any time. */
  readonly state: LaneState;
  readonly queuedBytes: number;
  /** What waits in its topics, as far as it was fetched; absent: it does not follow them. */
  lags?(nowMs: number): readonly TopicLag[];
  /** A fetched batch of one of the lane's topics. */
  offer(batch: FetchedBatch): void;
  /** Ends the run after the batch in hand; resolves when nothing is in flight any more. */
  drain(): Promise<void>;
  /** Runs until drained, aborted or done; throws what halts the table. */
  run(): Promise<void>;
}

export interface LaneParts {
  readonly definition: SinkDefinition;
  readonly target: LaneTarget;
  readonly topics: LaneTopics;
  /** Shared by the lanes of a task: what it brings is offered. */
  readonly reader: TopicReader;
  readonly state: LaneState;
  /** Commits a state, as running: rule C7. Throws when the lane is another's. */
  commit(state: LaneState): Promise<void>;
}

/** What a sink task does in the lanes that it is given. */
export interface LaneKind {
  /** So many equal failures in a row halt; absent: as the runtime has it. */
  readonly runMax?: number;
  /** False: the lane is left alone, and not even taken over. */
  wants(table: string, partition: number): boolean;
  make(parts: LaneParts): LaneRun;
}

/** Writes the records of the lane's topics as they come. */
export const following: LaneKind = {
  wants: () => true,
  make: ({ definition, target, topics, reader, state }) =>
    new Lane(definition, target, topics, reader, state),
};
