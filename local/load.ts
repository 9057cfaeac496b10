import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { itemOf, type SdkItem } from './items.ts';
import { clientOf, type TableAddress } from './table.ts';

/** BatchWriteItem's limit (DynamoDB API reference). */
const batchItemsMax = 25;
const batchesInFlight = 4;

export interface LoadOptions extends TableAddress {
  readonly items: number;
  readonly seed: number;
  /** Number of the first item, default 0. */
  readonly from?: number;
  /** Called after each batch with the number of items written so far. */
  readonly onProgress?: (written: number) => void;
}

/** Writes items `from` to `from + items - 1` of the seed. */
export async function loadItems(options: LoadOptions): Promise<void> {
  const { items, seed, from = 0 } = options;
  if (items === 0) return;
  const client = clientOf(options);
  try {
    // One record before all others: a stream of DynamoDB Local that begins behind a backlog stays slow for ever.
    await client.send(new PutItemCommand({ TableName: options.table, Item: itemOf(seed, from) }));
    let next = 1;
    let written = 1;
    const writer = async () => {
      while (next < items) {
        const first = next;
        next = Math.min(items, first + batchItemsMax);
        const batch = Array.from({ length: next - first }, (_, n) => itemOf(seed, from + first + n));
        await writeBatch(client, options.table, batch);
        written += batch.length;
        options.onProgress?.(written);
      }
    };
    await Promise.all(Array.from({ length: batchesInFlight }, writer));
  } finally {
    client.destroy();
  }
}

async function writeBatch(client: DynamoDBClient, table: string, items: readonly SdkItem[]): Promise<void> {
  let requests: WriteRequest[] = items.map((Item) => ({ PutRequest: { Item } }));
  while (requests.length > 0) {
    const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    requests = answer.UnprocessedItems?.[table] ?? [];
  }
}
