import type { Clock } from '../../clock.ts';
import type { ChangesSource, Converter, SnapshotSource } from '../../connector.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { Logger } from '../../log.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { TopicNames } from '../../topic-names.ts';
import type { Catalog } from '../catalog.ts';
import type { ErrorHandling } from '../error-handling.ts';
import type { OffsetStore } from '../offset-store.ts';

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
