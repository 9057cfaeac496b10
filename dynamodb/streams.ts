import type { DataClient } from './data-client.ts';
import { DynamoDbError } from './errors.ts';

/** A map of attributes in DynamoDB JSON, as JSON.parse gives it: `{"name":{"S":"x"}}`. */
export type JsonAttributes = Readonly<Record<string, unknown>>;

/** A stream record as it came, images undecoded. */
export interface RawStreamRecord {
  readonly eventId: string;
  /** INSERT, MODIFY, REMOVE; stand-ins name TTL deletes oddly: the images decide (rule C2). */
  readonly eventName: string;
  /** ApproximateCreationDateTime, ms; real DynamoDB cuts it to seconds, DynamoDB Local to minutes. */
  readonly acdtMs: number;
  /** Decimal text of 21 to 40 digits: compare as BigInt only. */
  readonly sequence: string;
  readonly viewType: string;
  readonly keys: JsonAttributes;
  readonly newImage: JsonAttributes | undefined;
  readonly oldImage: JsonAttributes | undefined;
  /** Deleted by time to live. Alternator does not say so (scylladb #11523). */
  readonly ttl: boolean;
}

export interface RecordsPage {
  readonly records: readonly RawStreamRecord[];
  /** The next iterator; null when the shard is closed and drained. */
  readonly next: string | null;
  readonly serverTimeMs: number;
}

export interface GetRecordsOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * Reads on from an iterator (Streams API reference: GetRecords).
 *
 * Errors of kind `expired-iterator` and `trimmed` are for the caller (rule C5); nothing is retried here.
 *
 * @param limit 1 to 1000; at most 1 MB comes. No records mean "nothing yet", many times in a row.
 */
export async function getRecords(
  client: DataClient,
  iterator: string,
  limit: number,
  options: GetRecordsOptions = {},
): Promise<RecordsPage> {
  const body = JSON.stringify({ ShardIterator: iterator, Limit: limit });
  const answer = await client.call('DynamoDBStreams_20120810.GetRecords', body, options);
  const page = asObject(parse(answer.body), 'the answer');
  const records = page['Records'] ?? [];
  if (!Array.isArray(records)) throw corrupt('Records is no list');
  const next = page['NextShardIterator'];
  return {
    records: records.map(readRecord),
    next: typeof next === 'string' ? next : null,
    serverTimeMs: answer.serverTimeMs,
  };
}

function readRecord(value: unknown): RawStreamRecord {
  const record = asObject(value, 'a record');
  const change = asObject(record['dynamodb'], 'a record’s dynamodb');
  const sequence = asText(change['SequenceNumber'], 'SequenceNumber');
  const seconds = change['ApproximateCreationDateTime'];
  if (!/^\d+$/.test(sequence)) throw corrupt('SequenceNumber is no decimal number');
  if (typeof seconds !== 'number') throw corrupt('ApproximateCreationDateTime is no number');
  return {
    eventId: asText(record['eventID'], 'eventID'),
    eventName: asText(record['eventName'], 'eventName'),
    acdtMs: Math.round(seconds * 1000),
    sequence,
    viewType: asText(change['StreamViewType'], 'StreamViewType'),
    keys: asObject(change['Keys'], 'Keys'),
    newImage: asImage(change['NewImage'], 'NewImage'),
    oldImage: asImage(change['OldImage'], 'OldImage'),
    ttl: isTimeToLive(record['userIdentity']),
  };
}

// The wire says `type`, `principalId`; the SDK's objects and some stand-ins begin with capitals.
function isTimeToLive(identity: unknown): boolean {
  if (typeof identity !== 'object' || identity === null) return false;
  const { type, principalId, Type, PrincipalId } = identity as Readonly<Record<string, unknown>>;
  return (type ?? Type) === 'Service' && (principalId ?? PrincipalId) === 'dynamodb.amazonaws.com';
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new DynamoDbError('CORRUPT_ANSWER', 'the answer is no JSON', { cause });
  }
}

function asImage(value: unknown, what: string): JsonAttributes | undefined {
  return value == null ? undefined : asObject(value, what);
}

function asObject(value: unknown, what: string): JsonAttributes {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw corrupt(`${what} is no object`);
  return value as JsonAttributes;
}

function asText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw corrupt(`${what} is no text`);
  return value;
}

function corrupt(message: string): DynamoDbError {
  return new DynamoDbError('CORRUPT_ANSWER', message);
}
