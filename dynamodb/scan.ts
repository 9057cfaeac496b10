import { ElementCursor, MemberCursor } from '../schemas/json-cursor.ts';
import type { ItemScanner, ScannedItem } from '../schemas/scanner.ts';
import type { Answer, DataClient } from './data-client.ts';
import { type RetryOptions, retried } from './retry.ts';

export interface ScanOptions {
  readonly table: string;
  /** From 0 to below `totalSegments`. */
  readonly segment: number;
  /** 1 to 1 000 000. A position means something only together with it: store both. */
  readonly totalSegments: number;
  /** Strongly consistent reads, at twice the price. */
  readonly consistent: boolean;
  /** Of this table's key schema. */
  readonly scanner: ItemScanner;
  /** `lastKey` of the page to go on behind. */
  readonly startKey?: Buffer | null;
  /** Most items a page; default what fits in 1 MB. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Called with the units each page consumed, before the next is asked for; asks the server to count them. */
  readonly pace?: (consumedUnits: number, signal?: AbortSignal) => Promise<void>;
  readonly retry?: Omit<RetryOptions, 'signal'>;
}

export interface ScanPage {
  /** In the order of the scan; may be none, also before the last page. */
  readonly items: readonly ScannedItem[];
  /** The raw JSON of LastEvaluatedKey, to go on from; null after the last page. */
  readonly lastKey: Buffer | null;
  readonly serverTimeMs: number;
  /** Null unless paced. */
  readonly consumedUnits: number | null;
}

/**
 * Reads one segment of a table, a page per step (DynamoDB API reference: Scan, ≤ 1 MB a page).
 *
 * Throttles and transient errors are retried with backoff. Throws {@link DynamoDbError} when that does not help,
 * CodecError for an item that DynamoDB would not have sent, and the signal's reason.
 */
export async function* scanPages(
  client: DataClient,
  options: ScanOptions,
): AsyncGenerator<ScanPage, void, undefined> {
  const { signal, pace, scanner } = options;
  const head = requestHead(options);
  let startKey = options.startKey ?? null;
  do {
    const body = requestBody(head, startKey);
    const answer = await retried(() => client.call('DynamoDB_20120810.Scan', body, { signal }), {
      ...options.retry,
      signal,
    });
    const page = readScanPage(answer, scanner);
    yield page;
    startKey = page.lastKey;
    if (startKey !== null && pace !== undefined) await pace(page.consumedUnits ?? 0, signal);
  } while (startKey !== null);
}

/** Reads a Scan's (or a Query's) answer: the items straight from its bytes. */
export function readScanPage(answer: Answer, scanner: ItemScanner): ScanPage {
  const { body } = answer;
  let items: readonly ScannedItem[] = [];
  let lastKey: Buffer | null = null;
  let consumedUnits: number | null = null;
  const members = new MemberCursor(body, 0, body.length);
  while (members.next()) {
    if (members.name === 'Items') {
      const elements = new ElementCursor(body, members.valueStart, body.length);
      items = readItems(body, elements, scanner);
      members.leave(elements.endsAt);
      continue;
    }
    const { valueStart, valueEnd } = members.range();
    // A copy: a slice would keep the whole page alive.
    if (members.name === 'LastEvaluatedKey') lastKey = Buffer.from(body.subarray(valueStart, valueEnd));
    if (members.name === 'ConsumedCapacity') {
      consumedUnits = unitsOf(JSON.parse(body.toString('utf8', valueStart, valueEnd)));
    }
  }
  return { items, lastKey, serverTimeMs: answer.serverTimeMs, consumedUnits };
}

function readItems(body: Buffer, elements: ElementCursor, scanner: ItemScanner): ScannedItem[] {
  const items: ScannedItem[] = [];
  while (elements.next()) {
    const item = scanner.scan(body, elements.valueStart, body.length);
    items.push(item);
    elements.leave(item.end);
  }
  return items;
}

function requestHead(options: ScanOptions): string {
  const fields = {
    TableName: options.table,
    Segment: options.segment,
    TotalSegments: options.totalSegments,
    ConsistentRead: options.consistent,
    ...(options.limit === undefined ? {} : { Limit: options.limit }),
    // Alternator refuses INDEXES, not TOTAL (scylladb #29138).
    ...(options.pace === undefined ? {} : { ReturnConsumedCapacity: 'TOTAL' }),
  };
  return JSON.stringify(fields).slice(0, -1);
}

function requestBody(head: string, startKey: Buffer | null): string {
  return startKey === null ? `${head}}` : `${head},"ExclusiveStartKey":${startKey.toString()}}`;
}

function unitsOf(capacity: unknown): number | null {
  if (typeof capacity !== 'object' || capacity === null || !('CapacityUnits' in capacity)) return null;
  return typeof capacity.CapacityUnits === 'number' ? capacity.CapacityUnits : null;
}
