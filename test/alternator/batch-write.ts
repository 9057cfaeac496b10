import { type Answer, throughputExceeded, validation } from './answers.ts';
import type { Call, Written } from './call.ts';
import { isObject, type JsonObject, listAt, objectAt } from './json.ts';
import type { WriteResult } from './single-write.ts';
import { keyText, type Table, type Tables } from './tables.ts';
import type { Upstream } from './upstream.ts';
import type { WriteOrder } from './write-order.ts';

/** `alternator_max_items_in_batch_write`'s default. */
const itemsMax = 100;

/** What the store behind takes in one request. */
const upstreamItemsMax = 25;

export interface BatchStore {
  readonly upstream: Upstream;
  readonly order: WriteOrder;
  readonly tables: Tables;
}

interface BatchEntry {
  readonly table: Table;
  readonly key: string;
  readonly request: JsonObject;
}

/**
 * Executes a BatchWriteItem as one node does: one stamp for all items, and an answer for all or none.
 *
 * @param part `half` executes the first half of the items only; the answer is the caller's to replace.
 */
export async function batchWrite(call: Call, part: 'all' | 'half', store: BatchStore): Promise<WriteResult> {
  const nothing = { stamp: 0, applied: [], lost: [] };
  const entries = await entriesOf(call, store.tables);
  if (!Array.isArray(entries)) return { answer: entries, written: nothing };
  const chosen = part === 'all' ? entries : entries.slice(0, Math.ceil(entries.length / 2));
  const keys = chosen.map((entry) => entry.key);
  // One such table sends the whole batch through LWT.
  const throughLwt = entries.some((entry) => /^a/.test(entry.table.tags.get('system:write_isolation') ?? ''));
  return store.order.inTurn(keys, async () => {
    const stamp = store.order.stamp(keys, call.skewMs, throughLwt);
    const winning = chosen.filter((entry) => store.order.wins(entry.key, stamp));
    const applied: string[] = [];
    let refusal: Answer | undefined;
    for (let first = 0; first < winning.length && refusal === undefined; first += upstreamItemsMax) {
      const group = winning.slice(first, first + upstreamItemsMax);
      refusal = await sendGroup(call, group, store.upstream);
      if (refusal !== undefined) break;
      const groupKeys = group.map((entry) => entry.key);
      store.order.applied(groupKeys, stamp, throughLwt);
      applied.push(...groupKeys);
    }
    const lost = keys.filter((key) => !winning.some((entry) => entry.key === key));
    const written: Written = { stamp, applied, lost };
    return { answer: refusal ?? { status: 200, body: { UnprocessedItems: {} } }, written };
  });
}

/** The requests that a half-executed batch leaves, in the form of `UnprocessedItems`. */
export function secondHalf(body: JsonObject): JsonObject {
  const all = Object.entries(objectAt(body, 'RequestItems')).flatMap(([table, requests]) =>
    (Array.isArray(requests) ? requests : []).map((request: unknown) => ({ table, request })),
  );
  const rest: { [table: string]: unknown[] } = {};
  for (const { table, request } of all.slice(Math.ceil(all.length / 2))) (rest[table] ??= []).push(request);
  return rest;
}

async function entriesOf(call: Call, tables: Tables): Promise<BatchEntry[] | Answer> {
  const items = objectAt(call.body, 'RequestItems');
  const entries: BatchEntry[] = [];
  for (const name of Object.keys(items)) {
    const table = await tables.find(call.caller, name);
    if ('status' in table) return table;
    for (const request of listAt(items, name)) {
      const put = request['PutRequest'];
      const attributes = isObject(put)
        ? objectAt(put, 'Item')
        : objectAt(objectAt(request, 'DeleteRequest'), 'Key');
      entries.push({ table, key: keyText(call.caller, table, attributes), request });
    }
  }
  if (entries.length === 0) return validation('RequestItems must not be empty');
  if (entries.length > itemsMax) {
    return validation(
      `Invalid length of BatchWriteItem command, got ${entries.length} items, maximum is ${itemsMax}`,
    );
  }
  if (new Set(entries.map((entry) => entry.key)).size < entries.length) {
    return validation('Provided list of item keys contains duplicates');
  }
  return entries;
}

/** Sends a part until nothing of it is left; returns a refusal, if that is what came. */
async function sendGroup(
  call: Call,
  group: readonly BatchEntry[],
  upstream: Upstream,
): Promise<Answer | undefined> {
  let requests: JsonObject = {};
  for (const { table, request } of group) requests[table.name] = [...listAt(requests, table.name), request];
  for (let attempt = 0; attempt < 10; attempt++) {
    const answer = await upstream.send(call.caller, 'BatchWriteItem', { RequestItems: requests });
    if (answer.status !== 200) return answer;
    requests = objectAt(answer.body, 'UnprocessedItems');
    if (Object.keys(requests).length === 0) return undefined;
  }
  return throughputExceeded;
}
