import { type Answer, errorAnswer, validation } from './answers.ts';
import type { Call } from './call.ts';
import { isObject, type JsonObject, listAt, objectAt, textAt } from './json.ts';
import type { Tables } from './tables.ts';
import type { Upstream } from './upstream.ts';

/** Every operation of Alternator that does not write items (scylladb alternator/server.cc). */
const passedOn = new Set([
  ...['CreateTable', 'DescribeTable', 'DeleteTable', 'UpdateTable', 'ListTables'],
  ...['GetItem', 'BatchGetItem', 'Query', 'Scan'],
  ...['UpdateTimeToLive', 'DescribeTimeToLive'],
  ...['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords'],
]);

const tableNameLengthMax = 192;

/** Tags under `system:` that a user may set. */
const systemTags = new Set(['system:write_isolation', 'system:initial_tablets']);

/** Executes an operation that writes no items. */
export async function otherOperation(
  call: Call,
  store: { upstream: Upstream; tables: Tables },
): Promise<Answer> {
  const { operation, body, caller } = call;
  if (operation === 'DescribeEndpoints') return ok({ Endpoints: [] });
  if (operation === 'DescribeContinuousBackups') return ok(backupsOff);
  if (/^(Tag|Untag|ListTagsOf)Resource$/.test(operation)) return tagOperation(call, store.tables);
  if (!passedOn.has(operation)) {
    return errorAnswer(400, 'UnknownOperationException', `Unsupported operation ${operation}`);
  }
  const refusal = refusedSetting(call);
  if (refusal !== undefined) return refusal;
  const { Tags, ...untagged } = body;
  const wrongTag = listAt({ Tags }, 'Tags').find((tag) => isReserved(textAt(tag, 'Key')));
  if (wrongTag !== undefined) return reservedTag(textAt(wrongTag, 'Key'));
  const answer = await store.upstream.send(caller, call.target, untagged);
  if (answer.status !== 200) return answer;
  const name = textAt(body, 'TableName');
  if (operation === 'CreateTable' || operation === 'DeleteTable') store.tables.forget(caller, name);
  if (operation === 'CreateTable') addTags(store.tables.tagsOf(caller, name), listAt({ Tags }, 'Tags'));
  return { ...answer, body: withoutCounts(answer.body) };
}

function refusedSetting({ operation, body }: Call): Answer | undefined {
  if (operation === 'CreateTable') {
    const name = textAt(body, 'TableName');
    if (name.length > tableNameLengthMax) {
      return validation(
        `TableName must be at least 3 characters long and at most ${tableNameLengthMax} characters long`,
      );
    }
    if (objectAt(body, 'SSESpecification')['Enabled'] === true)
      return validation('SSESpecification: Enabled is not supported');
    for (const setting of ['TableClass', 'WarmThroughput', 'DeletionProtectionEnabled']) {
      if (body[setting] !== undefined && body[setting] !== false)
        return validation(`${setting} is not supported`);
    }
  }
  if (body['ReturnConsumedCapacity'] === 'INDEXES')
    return validation('INDEXES consumed capacity is not supported');
  return undefined;
}

function tagOperation(call: Call, tables: Tables): Answer {
  const name = /table\/(.+)$/.exec(textAt(call.body, 'ResourceArn'))?.[1];
  if (name === undefined) return validation('Incorrect resource identifier');
  const tags = tables.tagsOf(call.caller, name);
  if (call.operation === 'ListTagsOfResource') {
    return ok({ Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) });
  }
  if (call.operation === 'UntagResource') {
    const { TagKeys } = call.body;
    for (const key of Array.isArray(TagKeys) ? TagKeys : []) tags.delete(String(key));
    return ok({});
  }
  const given = listAt(call.body, 'Tags');
  const wrong = given.find((tag) => isReserved(textAt(tag, 'Key')));
  if (wrong !== undefined) return reservedTag(textAt(wrong, 'Key'));
  addTags(tags, given);
  return ok({});
}

function isReserved(key: string): boolean {
  return key.startsWith('system:') && !systemTags.has(key);
}

function reservedTag(key: string): Answer {
  return validation(`Tag key '${key}' is reserved for internal use`);
}

function addTags(tags: Map<string, string>, given: readonly JsonObject[]): void {
  for (const tag of given) tags.set(textAt(tag, 'Key'), textAt(tag, 'Value'));
}

/** Alternator knows sizes of tables, and no counts. */
function withoutCounts(body: JsonObject): JsonObject {
  for (const name of ['Table', 'TableDescription']) {
    const description = body[name];
    if (!isObject(description)) continue;
    delete description['ItemCount'];
    for (const indexes of ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes']) {
      for (const index of listAt(description, indexes)) {
        delete index['ItemCount'];
        delete index['IndexSizeBytes'];
      }
    }
  }
  return body;
}

const backupsOff: JsonObject = {
  ContinuousBackupsDescription: {
    ContinuousBackupsStatus: 'DISABLED',
    PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
  },
};

function ok(body: JsonObject): Answer {
  return { status: 200, body };
}
