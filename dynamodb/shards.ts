import {
  DescribeStreamCommand,
  GetShardIteratorCommand,
  type Shard as SdkShard,
} from '@aws-sdk/client-dynamodb-streams';
import { answered, type ControlClient, callOptions, type ServerTime } from './control-client.ts';
import { DynamoDbError } from './errors.ts';

/** One shard of a stream. Sequence numbers are decimal texts: compare as BigInt only. */
export interface Shard {
  readonly id: string;
  /** Null, or a shard that may be gone by now. */
  readonly parent: string | null;
  readonly firstSequence: string | null;
  /** Null while the shard is open. */
  readonly lastSequence: string | null;
}

export interface StreamPage extends ServerTime {
  readonly arn: string;
  readonly table: string;
  /** ENABLING, ENABLED, DISABLING, DISABLED. */
  readonly status: string;
  readonly viewType: string;
  /** CreationRequestDateTime, ms: nothing before it is in the stream (rule C1). Null where the service does not say. */
  readonly createdMs: number | null;
  readonly shards: readonly Shard[];
  /** Where the next page goes on; null after the last one. */
  readonly lastShard: string | null;
}

export interface DescribeStreamOptions {
  /** `lastShard` of the page before. */
  readonly after?: string | null;
  /** 1 to 100, the default. */
  readonly limit?: number;
  /** Only the children of this closed shard (DynamoDB since 2025, Alternator from 2026.2). */
  readonly childrenOf?: string;
  readonly signal?: AbortSignal;
}

/**
 * One page of a stream's shards: one call, of which the service allows 10 a second (Streams API reference: DescribeStream).
 *
 * Pages are eventually consistent: a parent may look open although its children are listed.
 */
export async function describeStream(
  client: ControlClient,
  arn: string,
  options: DescribeStreamOptions = {},
): Promise<StreamPage> {
  const { after, limit, childrenOf, signal } = options;
  const command = new DescribeStreamCommand({
    StreamArn: arn,
    ...(after == null ? {} : { ExclusiveStartShardId: after }),
    ...(limit === undefined ? {} : { Limit: limit }),
    ...(childrenOf === undefined ? {} : { ShardFilter: { Type: 'CHILD_SHARDS', ShardId: childrenOf } }),
  });
  const output = await answered(client.streams.send(command, callOptions(signal)), signal);
  const stream = output.StreamDescription ?? {};
  return {
    arn: stream.StreamArn ?? arn,
    table: stream.TableName ?? '',
    status: stream.StreamStatus ?? '',
    viewType: stream.StreamViewType ?? '',
    createdMs: stream.CreationRequestDateTime?.getTime() ?? null,
    shards: (stream.Shards ?? []).map(readShard),
    lastShard: stream.LastEvaluatedShardId ?? null,
    serverTimeMs: output.serverTimeMs,
  };
}

/** Where reading a shard begins. Never LATEST: it would lose what was written before (rule C5). */
export type ShardStart = 'TRIM_HORIZON' | { readonly after: string } | { readonly at: string };

/** An iterator, valid for 15 minutes. Throws kind `trimmed` when the position is no longer in the stream. */
export async function getShardIterator(
  client: ControlClient,
  arn: string,
  shard: string,
  start: ShardStart,
  signal?: AbortSignal,
): Promise<{ readonly iterator: string } & ServerTime> {
  const command = new GetShardIteratorCommand({ StreamArn: arn, ShardId: shard, ...iteratorTypeOf(start) });
  const output = await answered(client.streams.send(command, callOptions(signal)), signal);
  if (output.ShardIterator === undefined)
    throw new DynamoDbError('CORRUPT_ANSWER', 'the answer has no ShardIterator');
  return { iterator: output.ShardIterator, serverTimeMs: output.serverTimeMs };
}

function iteratorTypeOf(start: ShardStart) {
  if (start === 'TRIM_HORIZON') return { ShardIteratorType: 'TRIM_HORIZON' } as const;
  if ('after' in start) {
    return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: start.after } as const;
  }
  return { ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: start.at } as const;
}

function readShard(shard: SdkShard): Shard {
  if (shard.ShardId === undefined) throw new DynamoDbError('CORRUPT_ANSWER', 'a shard has no ShardId');
  return {
    id: shard.ShardId,
    parent: shard.ParentShardId ?? null,
    firstSequence: shard.SequenceNumberRange?.StartingSequenceNumber ?? null,
    lastSequence: shard.SequenceNumberRange?.EndingSequenceNumber ?? null,
  };
}
