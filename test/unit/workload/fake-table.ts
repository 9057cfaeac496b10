import type { TableAddress } from '../../../workload/table.ts';
import { type StubServer, sendError, sendJson, startStub } from '../dynamodb/stub-server.ts';

type Json = Record<string, unknown>;

/** What becomes of a request: executed or not, and answered or not. */
export type Fault = 'throttle' | 'lost before' | 'lost after' | 'refused';

export interface FakeTable extends AsyncDisposable {
  readonly address: TableAddress;
  readonly stub: StubServer;
  readonly items: Map<string, Json>;
  /** As a stream would have them: `c Artist 0/SongTitle 1`. */
  readonly records: string[];
  /** Of the next requests, in turn; null: it is well. */
  faults: (Fault | null)[];
  /** How many writes of the next BatchWriteItem are given back. */
  unprocessed: number;
}

/** A table behind HTTP, which does what the workload asks for, and fails as it is told. */
export async function fakeTable(): Promise<FakeTable> {
  const items = new Map<string, Json>();
  const records: string[] = [];
  const put = (key: string, item: Json): Json | undefined => {
    const old = items.get(key);
    items.set(key, item);
    if (old === undefined) records.push(`c ${key}`);
    else if (JSON.stringify(old) !== JSON.stringify(item)) records.push(`u ${key}`);
    return old;
  };
  const execute = (operation: string, body: Json): Json => {
    if (operation === 'BatchWriteItem') return batchWrite(body);
    if (operation === 'BatchGetItem') {
      const { Keys } = (body['RequestItems'] as { T: { Keys: Json[] } }).T;
      return { Responses: { T: Keys.flatMap((key) => items.get(keyText(key)) ?? []) }, UnprocessedKeys: {} };
    }
    const key = keyText((body['Key'] ?? body['Item']) as Json);
    const old = items.get(key);
    if (operation === 'PutItem') put(key, body['Item'] as Json);
    if (operation === 'UpdateItem') put(key, updated(old ?? (body['Key'] as Json), body));
    if (operation === 'DeleteItem' && items.delete(key)) records.push(`d ${key}`);
    return old === undefined ? {} : { Attributes: old };
  };
  const batchWrite = (body: Json): Json => {
    const requests = (body['RequestItems'] as { T: { PutRequest: { Item: Json } }[] }).T;
    const kept = requests.length - fake.unprocessed;
    fake.unprocessed = 0;
    for (const { PutRequest } of requests.slice(0, kept)) put(keyText(PutRequest.Item), PutRequest.Item);
    const rest = requests.slice(kept);
    return { UnprocessedItems: rest.length === 0 ? {} : { T: rest } };
  };
  const stub = await startStub(({ target, body }, response) => {
    const fault = fake.faults.shift() ?? null;
    if (fault === 'throttle') return sendError(response, 400, 'ProvisionedThroughputExceededException');
    if (fault === 'refused') return sendError(response, 400, 'ResourceNotFoundException');
    if (fault === 'lost before') return sendError(response, 500, 'InternalServerError');
    const answer = execute(target.slice(target.indexOf('.') + 1), JSON.parse(body) as Json);
    if (fault === 'lost after') return sendError(response, 500, 'InternalServerError');
    sendJson(response, 200, answer);
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const fake: FakeTable = {
    address: { endpoint: stub.endpoint, credentials, table: 'T' },
    stub,
    items,
    records,
    faults: [],
    unprocessed: 0,
    [Symbol.asyncDispose]: () => stub[Symbol.asyncDispose](),
  };
  return fake;
}

function keyText({ Artist, SongTitle }: Json): string {
  return `${(Artist as { S: string }).S}/${(SongTitle as { S: string }).S}`;
}

/** The one update that the workload makes. */
function updated(old: Json, body: Json): Json {
  const { Extra1: _extra, Lyrics: _lyrics, ...rest } = old;
  const values = body['ExpressionAttributeValues'] as Json;
  return { ...rest, Revision: values[':revision'], Last: values[':kind'] };
}
