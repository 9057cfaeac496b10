import { type BatchWrite, buildBatchWrite, parseUnprocessed } from '../../dynamodb/batch-write.ts';
import type { DataClient } from '../../dynamodb/data-client.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { CodecError } from '../../schemas/faults.ts';
import type { ItemScanner } from '../../schemas/scanner.ts';

/**
 * One BatchWriteItem, from bytes to bytes: put what is there after a change, delete what is not.
 *
 * @param scanner of the table's key schema
 * @param beforeSend called right before the first byte is written; what it throws ends the call unsent
 * @returns the indexes that the server left over
 * @throws CodecError before anything is sent, for a record that is no item
 */
export function batchWriteItem(
  client: Pick<DataClient, 'call'>,
  table: string,
  scanner: ItemScanner,
  records: readonly ChangeRecord[],
  indexes: readonly number[],
  beforeSend?: () => void,
): Promise<readonly number[]> {
  const writes = indexes.map((index): BatchWrite => {
    const { key, after } = records[index]!;
    return { key, item: after === null ? null : after.avro };
  });
  return sendWrites(client, table, scanner, writes, indexes, beforeSend);
}

async function sendWrites(
  client: Pick<DataClient, 'call'>,
  table: string,
  scanner: ItemScanner,
  writes: readonly BatchWrite[],
  indexes: readonly number[],
  beforeSend: (() => void) | undefined,
): Promise<readonly number[]> {
  // Without the task's signal: a write that is under way is waited for, else its outcome would be unknown (rule C7).
  const body = buildBatchWrite(table, writes);
  const answer = await client.call('DynamoDB_20120810.BatchWriteItem', body, { beforeSend });
  try {
    return parseUnprocessed(answer.body, scanner, writes).map((place) => indexes[place]!);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new DynamoDbError('CORRUPT_ANSWER', 'the answer to a write cannot be read', { cause: error });
  }
}
