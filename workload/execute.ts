import type { DataClient } from '../dynamodb/data-client.ts';
import type { KeySchema } from '../schemas/values.ts';
import { call, isSame, type JsonItem } from './calls.ts';
import { type ItemShape, itemOf, otherItemOf, type SdkItem } from './items.ts';
import { keyOf } from './keys.ts';
import type { Effect, Operation } from './operations.ts';

/** A table as operations write to it. */
export interface WrittenTable {
  readonly data: DataClient;
  readonly table: string;
  readonly keys: KeySchema;
  readonly shape: ItemShape;
  readonly seed: number;
}

/** Attributes that operations set or remove by name: no key attribute may be called so. */
export const namedAttributes = ['Revision', 'Last', 'Extra1', 'Lyrics'] as const;

/** Sends a write until it is answered, and returns what it did, as told by the old item in the answer. */
export async function execute(to: WrittenTable, operation: Operation): Promise<Effect> {
  const { kind } = operation;
  if (kind === 'delete') return remove(to, operation);
  return kind === 'update' ? update(to, operation) : put(to, operation);
}

interface OldItem {
  readonly Attributes?: JsonItem;
}

async function remove({ data, table, keys }: WrittenTable, { index }: Operation): Promise<Effect> {
  const request = { TableName: table, Key: keyOf(index, keys), ReturnValues: 'ALL_OLD' };
  const { answer, lost } = await call<OldItem>(data, 'DeleteItem', request);
  if (answer.Attributes !== undefined) return 'd';
  return lost ? 'unknown' : 'none';
}

async function put(to: WrittenTable, { kind, index, number }: Operation): Promise<Effect> {
  const { data, table, keys, shape } = to;
  const seed = to.seed + number + 1;
  const content = kind === 'put' ? itemOf(seed, index, shape, keys) : otherItemOf(seed, index, keys);
  const item: SdkItem = { ...content, Revision: revisionOf(number) };
  const request = { TableName: table, Item: item, ReturnValues: 'ALL_OLD' };
  const { answer, lost } = await call<OldItem>(data, 'PutItem', request);
  return effectOf(answer.Attributes, lost, (old) => isSame(old, item));
}

async function update(to: WrittenTable, { kind, index, number }: Operation): Promise<Effect> {
  const revision = revisionOf(number);
  const request = {
    TableName: to.table,
    Key: keyOf(index, to.keys),
    UpdateExpression: 'SET Revision = :revision, #last = :kind REMOVE Extra1, Lyrics',
    ExpressionAttributeNames: { '#last': 'Last' },
    ExpressionAttributeValues: { ':revision': revision, ':kind': { S: kind } },
    ReturnValues: 'ALL_OLD',
  };
  const { answer, lost } = await call<OldItem>(to.data, 'UpdateItem', request);
  return effectOf(answer.Attributes, lost, (old) => {
    const { Extra1, Lyrics, Revision, Last } = old;
    const isRemoved = Extra1 === undefined && Lyrics === undefined;
    return isRemoved && Revision?.['N'] === revision.N && Last?.['S'] === kind;
  });
}

/**
 * @param lost an earlier try may have been executed: then an item as the write makes it is what that try left, and whether
 * it was a creation or an update nobody tells; any other item says that it was not executed.
 */
function effectOf(old: JsonItem | undefined, lost: boolean, isDone: (old: JsonItem) => boolean): Effect {
  if (old === undefined) return 'c';
  if (!isDone(old)) return 'u';
  return lost ? 'unknown' : 'none';
}

const revisionOf = (number: number) => ({ N: String(number + 1) });
