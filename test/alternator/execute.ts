import { type Answer, errorAnswer, internalServerError, throughputExceeded } from './answers.ts';
import { batchWrite, secondHalf } from './batch-write.ts';
import type { Call, Written } from './call.ts';
import type { Fault } from './faults.ts';
import { listAt, objectAt, textAt } from './json.ts';
import { otherOperation } from './operations.ts';
import { keyAttributes, singleWrite } from './single-write.ts';
import { keyText, type Tables } from './tables.ts';
import type { Upstream } from './upstream.ts';
import type { WriteOrder } from './write-order.ts';

/** Which server's manners: Alternator's, or plain DynamoDB's (everything is handed on, only faults are added). */
export type Manners = 'alternator' | 'dynamodb';

export interface Store {
  readonly manners: Manners;
  readonly upstream: Upstream;
  readonly order: WriteOrder;
  readonly tables: Tables;
}

export interface Execution {
  readonly answer: Answer;
  readonly written: Written | undefined;
}

const singleWrites = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

export function tablesOfCall(call: Call): string[] {
  if (call.operation === 'BatchWriteItem') return Object.keys(objectAt(call.body, 'RequestItems'));
  const name = textAt(call.body, 'TableName');
  return name === '' ? [] : [name];
}

/** Executes a call as one node does, whole or the first half of a batch. */
export async function execute(call: Call, part: 'all' | 'half', store: Store): Promise<Execution> {
  const { upstream, tables, manners } = store;
  const isBatch = call.operation === 'BatchWriteItem';
  if (part === 'half' && !isBatch) return { answer: internalServerError, written: undefined };
  if (isBatch && (manners === 'alternator' || part === 'half')) return batchWrite(call, part, store);
  if (manners === 'dynamodb') {
    return { answer: await upstream.send(call.caller, call.target, call.body), written: undefined };
  }
  if (!singleWrites.has(call.operation))
    return { answer: await otherOperation(call, store), written: undefined };
  const table = await tables.find(call.caller, textAt(call.body, 'TableName'));
  if ('status' in table) return { answer: table, written: undefined };
  return singleWrite(call, table, store);
}

/** What the client is told, given what became of its call. */
export function answerOf(call: Call, fault: Fault | undefined, execution: Execution | undefined): Answer {
  const kind = fault?.answer ?? 'normal';
  if (typeof kind === 'object') return kind;
  if (kind === 'unprocessed') {
    if (call.operation !== 'BatchWriteItem') return throughputExceeded;
    return { status: 200, body: { UnprocessedItems: secondHalf(call.body) } };
  }
  if (kind === 'normal' && execution !== undefined) return execution.answer;
  return internalServerError;
}

/** The keys a call writes, as far as they can be told. */
export async function keysOf(call: Call, tables: Tables): Promise<string[]> {
  const isBatch = call.operation === 'BatchWriteItem';
  if (!isBatch && !singleWrites.has(call.operation)) return [];
  const keys: string[] = [];
  for (const name of tablesOfCall(call)) {
    const table = await tables.find(call.caller, name);
    if ('status' in table) continue;
    if (!isBatch) return [keyText(call.caller, table, keyAttributes(call))];
    for (const request of listAt(objectAt(call.body, 'RequestItems'), name)) {
      const item = 'PutRequest' in request ? objectAt(objectAt(request, 'PutRequest'), 'Item') : undefined;
      keys.push(keyText(call.caller, table, item ?? objectAt(objectAt(request, 'DeleteRequest'), 'Key')));
    }
  }
  return keys;
}

/** What a call ends with when the store behind cannot be reached. */
export function unreachable(error: unknown): Answer {
  return errorAnswer(500, 'InternalServerError', `Internal server error: ${String(error)}`);
}
