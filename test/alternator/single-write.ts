import { type Answer, errorAnswer, validation } from './answers.ts';
import type { Call, Written } from './call.ts';
import { isObject, type JsonObject, objectAt, textAt } from './json.ts';
import { keyText, type Table } from './tables.ts';
import type { Upstream } from './upstream.ts';
import type { WriteOrder } from './write-order.ts';

/** Answer and effect of a write. */
export interface WriteResult {
  readonly answer: Answer;
  readonly written: Written;
}

/** Executes PutItem, UpdateItem or DeleteItem as one node does. */
export async function singleWrite(
  call: Call,
  table: Table,
  store: { upstream: Upstream; order: WriteOrder },
): Promise<WriteResult> {
  const { upstream, order } = store;
  const key = keyText(call.caller, table, keyAttributes(call));
  const isolation = table.tags.get('system:write_isolation') ?? 'only_rmw_uses_lwt';
  const nothing = { stamp: 0, applied: [], lost: [] };
  if (readsBeforeWriting(call) && /^f/.test(isolation)) {
    const refusal = validation(
      "Read-modify-write operations are disabled by 'forbid_rmw' write isolation policy.",
    );
    return { answer: refusal, written: nothing };
  }
  const throughLwt = /^(a|always)/.test(isolation) || (readsBeforeWriting(call) && !/^u/.test(isolation));
  return order.inTurn([key], async () => {
    const stamp = order.stamp([key], call.skewMs, throughLwt);
    if (!order.wins(key, stamp)) {
      const refused = await failedCondition(call, table, upstream);
      return { answer: refused ?? { status: 200, body: {} }, written: { stamp, applied: [], lost: [key] } };
    }
    const answer = await upstream.send(call.caller, call.target, call.body);
    if (answer.status !== 200) return { answer, written: { ...nothing, stamp } };
    order.applied([key], stamp, throughLwt);
    return { answer, written: { stamp, applied: [key], lost: [] } };
  });
}

/** The attributes that hold the key: of an item, or of `Key`. */
export function keyAttributes(call: Call): JsonObject {
  return call.operation === 'PutItem' ? objectAt(call.body, 'Item') : objectAt(call.body, 'Key');
}

/** Read-modify-write, as Alternator has it; every UpdateItem counts, though some read nothing. */
function readsBeforeWriting(call: Call): boolean {
  const { body } = call;
  const returns = body['ReturnValues'];
  return (
    'ConditionExpression' in body ||
    'Expected' in body ||
    call.operation === 'UpdateItem' ||
    (returns !== undefined && returns !== 'NONE')
  );
}

/** A write that loses by its stamp still has its condition checked first. */
async function failedCondition(call: Call, table: Table, upstream: Upstream): Promise<Answer | undefined> {
  const { body } = call;
  if (!('ConditionExpression' in body)) return undefined;
  const attributes = keyAttributes(call);
  const ConditionCheck: JsonObject = {
    TableName: textAt(body, 'TableName'),
    Key: Object.fromEntries(table.key.map((name) => [name, attributes[name]])),
    ConditionExpression: body['ConditionExpression'],
  };
  for (const name of ['ExpressionAttributeNames', 'ExpressionAttributeValues']) {
    if (isObject(body[name])) ConditionCheck[name] = body[name];
  }
  const check = await upstream.send(call.caller, 'TransactWriteItems', {
    TransactItems: [{ ConditionCheck }],
  });
  if (check.status === 200) return undefined;
  return errorAnswer(400, 'ConditionalCheckFailedException', 'The conditional request failed');
}
