import type { Clock } from '../clock.ts';
import type { ChangesSource, Converter, SnapshotSource, TaskContext } from '../connector.ts';
import type { ConnectError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { TopicNames } from '../topic-names.ts';
import type { Catalog } from './catalog.ts';
import type { ErrorHandling } from './error-handling.ts';
import type { OffsetStore } from './offset-store.ts';
import type { Publisher } from './publisher.ts';
import type { SourceLetters } from './source-letters.ts';
import type { Turns } from './turns.ts';

/** A source connector with its options bound: what the runtime runs. */
export type SourceRun =
  | { readonly kind: 'snapshot'; readonly plugin: SnapshotSource<unknown>; readonly options: unknown }
  | { readonly kind: 'changes'; readonly plugin: ChangesSource<unknown>; readonly options: unknown };

/** A source connector of a migration. */
export interface SourceDefinition extends ErrorHandling {
  /** Connector name, `<migration>-snapshot` or `<migration>-changes`. */
  readonly name: string;
  readonly run: SourceRun;
  /** Literal table names. */
  readonly tables: readonly string[];
  readonly tasks: number;
  /** Snapshot only: the connector that captures the same tables; null when nothing is captured. */
  readonly captureConnector: string | null;
  /** all: records that cannot be decoded are set aside; none: the first one halts its table. */
  readonly tolerance: 'none' | 'all';
}

/** What a process has, shared by all its source tasks. */
export interface SourceWorld {
  readonly kafka: KafkaClient;
  readonly topics: TopicNames;
  /** Partitions of every data topic (rule C4: the same for a table's snapshot and changes). */
  readonly partitions: number;
  readonly converter: Converter;
  readonly catalog: Catalog;
  offsets(connector: string): OffsetStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Absent: nobody asks. */
  readonly metrics?: Metrics | undefined;
}

/** What one task's steps share. */
export interface TaskRun extends SourceWorld {
  readonly definition: SourceDefinition;
  readonly task: number;
  /** Number of the epoch that a table should be in. */
  epoch(table: string): number;
  /** Fences this connector's other tasks, once: whatever they publish from now on, they have begun anew for (rule C3). */
  fenceOthers(): Promise<void>;
  readonly publisher: Publisher;
  readonly letters: SourceLetters;
  /** Polls that may bring much at a time. */
  readonly turns: Turns;
  /** Data files that are open at a time, over all tables: each holds buffers. */
  readonly files: Turns;
  /** Sweeps at a time, over all tables (rule C11). */
  readonly sweeps: Turns;
  readonly context: TaskContext;
  readonly report: TaskReport;
}

/** What a task tells of its tables while it runs; becomes visible in the status topic. */
export interface TaskReport {
  /** A table cannot go on (or can again: null). */
  fault(table: string, error: ConnectError | null): void;
  /** How to ask up to when (ms server time) every change of the task's share is published; null: not known. */
  readTo(table: string, ask: () => number | null): void;
  /** Words for people: what the table waits for. */
  phase(table: string, phase: string): void;
}
