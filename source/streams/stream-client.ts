import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { ServerTime } from '../../dynamodb/control-client.ts';
import { describeStream, getShardIterator, type StreamPage } from '../../dynamodb/shards.ts';
import { getRecords, type RecordsPage } from '../../dynamodb/streams.ts';
import type { TableDescription } from '../../dynamodb/table.ts';
import { enableStream } from '../../dynamodb/table-changes.ts';
import { describeTable } from '../../dynamodb/tables.ts';
import { type Access, clientsFor } from '../access.ts';
import { describeFacts } from '../table-facts.ts';

/** What capture asks of a table. */
export type LiveTable = Pick<TableDescription, 'id' | 'status' | 'stream'> & ServerTime;
/** One page of DescribeStream. */
export type ShardPage = Pick<
  StreamPage,
  'status' | 'viewType' | 'createdMs' | 'shards' | 'lastShard' | 'serverTimeMs'
>;

/**
 * The calls that capturing a stream makes: all that the connector knows of the network.
 *
 * They throw DynamoDbError, or the signal's reason; `facts` throws ConnectError. None is repeated here.
 */
export interface StreamClient {
  facts(table: string, signal: AbortSignal): Promise<TableFacts>;
  describeTable(table: string, signal: AbortSignal): Promise<LiveTable>;
  /** With both images; a stream that is enabled meanwhile is well. */
  enableStream(table: string, signal: AbortSignal): Promise<void>;
  /** @param after `lastShard` of the page before; null: the first page */
  describeStream(arn: string, after: string | null, signal: AbortSignal): Promise<ShardPage>;
  /** @param sequence where to go on behind; null: TRIM_HORIZON. Never LATEST (rule C5). */
  shardIterator(arn: string, shard: string, sequence: string | null, signal: AbortSignal): Promise<string>;
  getRecords(iterator: string, limit: number, signal: AbortSignal): Promise<RecordsPage>;
}

export function streamClient(access: Access): StreamClient {
  const { control, streams } = clientsFor(access);
  return {
    facts: (table, signal) => describeFacts(control, table, signal),
    describeTable: (table, signal) => describeTable(control, table, signal),
    async enableStream(table, signal) {
      await enableStream(control, table, 'NEW_AND_OLD_IMAGES', signal);
    },
    describeStream: (arn, after, signal) => describeStream(control, arn, { after, signal }),
    async shardIterator(arn, shard, sequence, signal) {
      const start = sequence === null ? 'TRIM_HORIZON' : { after: sequence };
      return (await getShardIterator(control, arn, shard, start, signal)).iterator;
    },
    getRecords: (iterator, limit, signal) => getRecords(streams, iterator, limit, { signal }),
  };
}
