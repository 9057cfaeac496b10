import type { TargetRow, TaskContext } from '../../connectors/connector.ts';
import type { DataClient } from '../../dynamodb/data-client.ts';
import { retried } from '../../dynamodb/retry.ts';
import { scanPages } from '../../dynamodb/scan.ts';
import { Item } from '../../schemas/item.ts';
import { ElementCursor, findMember, MemberCursor } from '../../schemas/json-cursor.ts';
import { keyToJson } from '../../schemas/json-writer.ts';
import { ItemScanner, type ScannedItem } from '../../schemas/scanner.ts';
import type { KeySchema } from '../../schemas/values.ts';
import { merged } from '../merged.ts';

const SEGMENTS = 4;
/** DynamoDB API: BatchGetItem; Alternator has the same limit. */
const KEYS_MAX = 100;
const STALLED_MAX = 10;

/** All rows of a target table, a page per step, read with strong consistency in {@link SEGMENTS} segments side by side. */
export async function* scanRows(
  data: DataClient,
  table: string,
  keySchema: KeySchema,
  context: TaskContext,
): AsyncGenerator<readonly TargetRow[], void, undefined> {
  const segments = Array.from({ length: SEGMENTS }, (_, segment) =>
    scanPages(data, {
      table,
      segment,
      totalSegments: SEGMENTS,
      consistent: true,
      scanner: new ItemScanner(keySchema),
      signal: context.signal,
      retry: { clock: context.clock },
    }),
  );
  for await (const page of merged(segments)) {
    if (page.items.length > 0) yield page.items.map(({ key, avro }) => ({ key, item: Item.fromAvro(avro) }));
  }
}

/** The items of some keys, in the order asked; null where there is none. Reads with strong consistency. */
export async function getItems(
  data: DataClient,
  table: string,
  keySchema: KeySchema,
  keys: readonly Buffer[],
  context: TaskContext,
): Promise<(Item | null)[]> {
  const scanner = new ItemScanner(keySchema);
  const found = new Map<string, Item>();
  let asked = new Map(keys.map((key) => [nameOf(key), key] as const));
  for (let stalled = 0; asked.size > 0; ) {
    const batch = [...asked].slice(0, KEYS_MAX);
    const left = await getBatch(data, table, scanner, batch, found, context);
    for (const [name] of batch) asked.delete(name);
    // What is left over goes to the end.
    asked = new Map([...asked, ...batch.filter(([name]) => left.has(name))]);
    stalled = left.size === batch.length ? stalled + 1 : 0;
    if (stalled > STALLED_MAX)
      throw new Error(`BatchGetItem leaves all ${left.size} keys unprocessed again and again`);
    if (left.size > 0) await context.clock.sleep(Math.random() * 50 * 2 ** stalled, context.signal);
  }
  return keys.map((key) => found.get(nameOf(key)) ?? null);
}

function nameOf(key: Buffer): string {
  return key.toString('latin1');
}

/** Adds what one request finds to `found`; the names of the keys that the server left over. */
async function getBatch(
  data: DataClient,
  table: string,
  scanner: ItemScanner,
  batch: readonly (readonly [string, Buffer])[],
  found: Map<string, Item>,
  context: TaskContext,
): Promise<ReadonlySet<string>> {
  const { signal, clock } = context;
  const keys = batch.map(([, key]) => keyToJson(key).toString()).join();
  const request = `{"RequestItems":{${JSON.stringify(table)}:{"ConsistentRead":true,"Keys":[${keys}]}}}`;
  const { body } = await retried(() => data.call('DynamoDB_20120810.BatchGetItem', request, { signal }), {
    signal,
    clock,
  });
  return readBatch(body, scanner, found);
}

function readBatch(body: Buffer, scanner: ItemScanner, found: Map<string, Item>): ReadonlySet<string> {
  const left = new Set<string>();
  const answer = new MemberCursor(body, 0, body.length);
  while (answer.next()) {
    if (answer.name !== 'Responses' && answer.name !== 'UnprocessedKeys') continue;
    const tables = new MemberCursor(body, answer.valueStart, body.length);
    while (tables.next()) {
      if (answer.name === 'Responses') {
        for (const { key, avro } of scannedArray(body, tables.valueStart, scanner))
          found.set(nameOf(key), Item.fromAvro(avro));
        continue;
      }
      const keys = findMember(body, tables.valueStart, body.length, 'Keys');
      if (keys === null) continue;
      for (const { key } of scannedArray(body, keys.valueStart, scanner)) left.add(nameOf(key));
    }
  }
  return left;
}

function* scannedArray(body: Buffer, start: number, scanner: ItemScanner): Generator<ScannedItem> {
  const elements = new ElementCursor(body, start, body.length);
  while (elements.next()) {
    const item = scanner.scan(body, elements.valueStart, body.length);
    elements.leave(item.end);
    yield item;
  }
}
