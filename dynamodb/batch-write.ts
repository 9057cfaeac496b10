import { SlabWriter } from '../schemas/bytes.ts';
import { ElementCursor, MemberCursor } from '../schemas/json-cursor.ts';
import { appendItemJson, appendKeyJson } from '../schemas/json-writer.ts';
import type { ItemScanner } from '../schemas/scanner.ts';
import { DynamoDbError } from './errors.ts';

/** Most writes in one BatchWriteItem (DynamoDB API reference). */
export const BATCH_WRITES_MAX = 25;
/** The same on Alternator, by default (ScyllaDB db/config.cc: alternator_max_items_in_batch_write, since 2025.2). */
export const ALTERNATOR_BATCH_WRITES_MAX = 100;
/** Most bytes in one request, on both (DynamoDB API reference; ScyllaDB alternator/server.hh). */
export const BATCH_BYTES_MAX = 16 * 1024 * 1024;

/** A put or a delete of one key. */
export interface BatchWrite {
  /** The framed record key. */
  readonly key: Buffer;
  /** The item's Avro bytes; null deletes. */
  readonly item: Buffer | null;
}

const out = new SlabWriter();
const NOTHING_UNPROCESSED = Buffer.from('{"UnprocessedItems":{}}');

/**
 * The body of a BatchWriteItem for one table, from bytes to bytes.
 *
 * A key may come once only, else the service refuses the whole request; nothing here looks for that, or for the limits.
 *
 * @throws CodecError for bytes that are no item or key
 */
export function buildBatchWrite(table: string, writes: readonly BatchWrite[]): Buffer {
  out.drop();
  // A table's name needs no escapes: [A-Za-z0-9_.-] (DynamoDB developer guide, Naming rules).
  out.ascii(`{"RequestItems":{${JSON.stringify(table)}:[`);
  for (let i = 0; i < writes.length; i++) {
    const { key, item } = writes[i]!;
    if (i > 0) out.ascii(',');
    if (item === null) {
      out.ascii('{"DeleteRequest":{"Key":');
      appendKeyJson(out, key);
    } else {
      out.ascii('{"PutRequest":{"Item":');
      appendItemJson(out, item);
    }
    out.ascii('}}');
  }
  out.ascii(']}}');
  return out.take();
}

/**
 * Which of the writes an answer to {@link buildBatchWrite} leaves to be sent again: their indexes, ascending.
 *
 * DynamoDB gives back what it had no throughput for; Alternator never gives back anything, it fails as a whole.
 * Throws CORRUPT_ANSWER for an answer that does not say, or names a key that was not sent.
 *
 * @param scanner of the table's key schema
 */
export function parseUnprocessed(
  body: Buffer,
  scanner: ItemScanner,
  writes: readonly BatchWrite[],
): number[] {
  if (body.equals(NOTHING_UNPROCESSED)) return [];
  const answer = new MemberCursor(body, 0, body.length);
  while (answer.next())
    if (answer.name === 'UnprocessedItems') return readTables(body, answer, scanner, writes);
  throw new DynamoDbError('CORRUPT_ANSWER', 'the answer has no UnprocessedItems');
}

function readTables(
  body: Buffer,
  answer: MemberCursor,
  scanner: ItemScanner,
  writes: readonly BatchWrite[],
): number[] {
  const indexes: number[] = [];
  const tables = new MemberCursor(body, answer.valueStart, body.length);
  while (tables.next()) {
    const requests = new ElementCursor(body, tables.valueStart, body.length);
    while (requests.next()) {
      const key = keyOfRequest(body, requests.valueStart, scanner);
      const index = writes.findIndex((write) => write.key.equals(key));
      if (index < 0)
        throw new DynamoDbError('CORRUPT_ANSWER', 'UnprocessedItems holds a key that was not sent');
      indexes.push(index);
    }
  }
  return indexes.sort((a, b) => a - b);
}

/** The key in `{"PutRequest":{"Item":{…}}}` or `{"DeleteRequest":{"Key":{…}}}`. */
function keyOfRequest(body: Buffer, start: number, scanner: ItemScanner): Buffer {
  const request = new MemberCursor(body, start, body.length);
  while (request.next()) {
    const operation = new MemberCursor(body, request.valueStart, body.length);
    while (operation.next()) {
      if (operation.name !== 'Item' && operation.name !== 'Key') continue;
      return scanner.scan(body, operation.valueStart, body.length).key;
    }
  }
  throw new DynamoDbError('CORRUPT_ANSWER', 'UnprocessedItems holds a request without a key');
}
