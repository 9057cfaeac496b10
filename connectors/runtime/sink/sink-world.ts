import type { Clock } from '../../clock.ts';
import type { Converter, SinkConnector, Transform } from '../../connector.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { PlainProducer } from '../../kafka/plain-producer.ts';
import type { Logger } from '../../log.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { TopicNames } from '../../topic-names.ts';
import type { Catalog } from '../catalog.ts';
import type { ErrorHandling } from '../error-handling.ts';
import type { StatusWriter } from '../status-log.ts';

/** A sink connector of a migration. */
export interface SinkDefinition extends ErrorHandling {
  /** Connector name, `<migration>-<target type>`. */
  readonly name: string;
  readonly plugin: SinkConnector<unknown>;
  readonly options: unknown;
  /** Literal table names. */
  readonly tables: readonly string[];
  readonly tasks: number;
  readonly tolerance: 'none' | 'all';
  readonly transforms: readonly Transform[];
  /** False: the migration has no snapshots (events only), changes flow at once. */
  readonly snapshots: boolean;
  /** Rows of others may be in the target before the first load (`target.existing: keep`). */
  readonly keepsExisting: boolean;
}

/** What a process has, shared by all its sink tasks. */
export interface SinkWorld {
  readonly kafka: KafkaClient;
  /** Prefix of transactional ids: the worker group. */
  readonly group: string;
  readonly topics: TopicNames;
  readonly partitions: number;
  readonly converter: Converter;
  readonly catalog: Catalog;
  readonly status: StatusWriter;
  readonly deadLetters: PlainProducer;
  readonly clock: Clock;
  readonly log: Logger;
  /** Absent: nobody asks. */
  readonly metrics?: Metrics | undefined;
}
