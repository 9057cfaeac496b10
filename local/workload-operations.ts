import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { itemOf, keyOf, otherItemOf } from './items.ts';
import { randomFrom } from './random.ts';

export type OperationKind = 'put' | 'update' | 'replace' | 'delete';

/** One write of the workload; `number` makes its content differ from every other's, so that it always is a change. */
export interface Operation {
  readonly number: number;
  readonly kind: OperationKind;
  /** Number of the item it writes. */
  readonly index: number;
}

/** What the table's stream shows for a write: create, update, delete, or nothing. */
export type Effect = 'c' | 'u' | 'd' | 'none';

export interface KeySpread {
  /** Items loaded before. */
  readonly items: number;
  /** Every second write goes to one of the first `hotKeys` items; one in ten to keys beyond `items`. */
  readonly hotKeys: number;
}

const kinds = [
  'put',
  'put',
  'update',
  'update',
  'update',
  'replace',
  'delete',
  'delete',
  'put',
  'update',
] as const;

/** The write with this number: the same for the same seed and spread. */
export function operationOf(seed: number, number: number, spread: KeySpread): Operation {
  const random = randomFrom(seed, number, 2);
  const items = Math.max(1, spread.items);
  const choice = random.below(10);
  const beyond = () => items + random.below(Math.max(20, Math.floor(items / 10)));
  const index = choice < 5 ? random.below(spread.hotKeys) : choice < 9 ? random.below(items) : beyond();
  return { number, kind: random.pick(kinds), index };
}

/** Sends a write and returns what it did, as told by the old item in its answer. */
export async function execute(
  client: DynamoDBClient,
  table: string,
  seed: number,
  operation: Operation,
): Promise<Effect> {
  const { kind, index, number } = operation;
  const revision = { N: String(number + 1) };
  const target = { TableName: table, ReturnValues: 'ALL_OLD' } as const;
  if (kind === 'delete') {
    const answer = await client.send(new DeleteItemCommand({ ...target, Key: keyOf(index) }));
    return answer.Attributes === undefined ? 'none' : 'd';
  }
  if (kind === 'update') {
    const answer = await client.send(
      new UpdateItemCommand({
        ...target,
        Key: keyOf(index),
        UpdateExpression: 'SET Revision = :revision, #last = :kind REMOVE Extra1, Lyrics',
        ExpressionAttributeNames: { '#last': 'Last' },
        ExpressionAttributeValues: { ':revision': revision, ':kind': { S: kind } },
      }),
    );
    return answer.Attributes === undefined ? 'c' : 'u';
  }
  const item = kind === 'put' ? itemOf(seed + number + 1, index) : otherItemOf(seed + number + 1, index);
  const answer = await client.send(new PutItemCommand({ ...target, Item: { ...item, Revision: revision } }));
  return answer.Attributes === undefined ? 'c' : 'u';
}
