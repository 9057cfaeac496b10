import type { KafkaClient } from '../../connectors/kafka/client.ts';
import type { Logger } from '../../connectors/log.ts';
import type { SinkDefinition } from '../../connectors/runtime/sink/sink-world.ts';
import type { Migration } from '../config/defaults.ts';
import type { TopicsView } from '../topics-view.ts';
import type { RepairLimits } from './repair.ts';
import type { VerifyProgress } from './verify-table.ts';

export interface VerifyRequest {
  readonly against: 'source' | 'topics';
  /** None: all that the catalog knows of the migration's. */
  readonly tables: readonly string[];
  readonly sampleFraction: number;
  /** JSON lines of DynamoDB JSON; null: all keys. One table only. */
  readonly keysFile: string | null;
  readonly showKeys: boolean;
  /** Null: nothing is written. */
  readonly repair: RepairLimits | null;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** What comparing tables of a migration needs. */
export interface World {
  readonly migration: Migration;
  readonly request: Omit<VerifyRequest, 'tables' | 'keysFile'>;
  readonly kafka: KafkaClient;
  readonly view: TopicsView;
  readonly sink: SinkDefinition;
}
