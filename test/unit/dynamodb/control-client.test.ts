import { describe, expect, test } from 'vitest';
import { type ControlClient, createControlClient } from '../../../dynamodb/control-client.ts';
import { describeStream, getShardIterator } from '../../../dynamodb/shards.ts';
import {
  createGlobalIndex,
  createTable,
  enableStream,
  enableTtl,
  tagTable,
} from '../../../dynamodb/table-changes.ts';
import {
  describeContinuousBackups,
  describeTable,
  describeTtl,
  listTables,
  waitActive,
} from '../../../dynamodb/tables.ts';
import { FakeClock } from './fake-clock.ts';
import { inTurn, type StubHandler, type StubServer, sendError, sendJson, startStub } from './stub-server.ts';

const DATE_MS = Date.UTC(2025, 10, 21, 1, 2, 3);
const STREAM_ARN = 'arn:aws:dynamodb:r:1:table/T/stream/2025';

const TABLE = {
  TableName: 'T',
  TableArn: 'arn:aws:dynamodb:r:1:table/T',
  TableId: 'id-1',
  TableStatus: 'ACTIVE',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
    { AttributeName: 'other', AttributeType: 'B' },
  ],
  KeySchema: [
    { AttributeName: 'sk', KeyType: 'RANGE' },
    { AttributeName: 'pk', KeyType: 'HASH' },
  ],
  ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
  ItemCount: 7,
  TableSizeBytes: 800,
  LocalSecondaryIndexes: [
    {
      IndexName: 'L',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'other', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['x'] },
    },
  ],
  LatestStreamArn: STREAM_ARN,
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
};

function answer(body: object): StubHandler {
  return (_, response) => {
    response.setHeader('Date', new Date(DATE_MS).toUTCString());
    sendJson(response, 200, body);
  };
}

const refuse =
  (code: string, status = 400): StubHandler =>
  (_, response) =>
    sendError(response, status, code, 'no');

function clientOf(stub: StubServer, attemptsMax = 1): ControlClient {
  const endpoints = { tables: stub.endpoint, streams: stub.endpoint };
  return createControlClient({ region: 'none', endpoints, credentials: 'none', attemptsMax });
}

function bodyOf(stub: StubServer, index: number): unknown {
  return JSON.parse(stub.requests[index]?.body ?? 'null');
}

describe('a table', () => {
  test('is described with its key in order and the time of the server', async () => {
    await using stub = await startStub(answer({ Table: TABLE }));
    using client = clientOf(stub);
    const table = await describeTable(client, 'T');
    expect(table).toEqual({
      name: 'T',
      arn: TABLE.TableArn,
      id: 'id-1',
      status: 'ACTIVE',
      keySchema: [
        { name: 'pk', type: 'S' },
        { name: 'sk', type: 'N' },
      ],
      attributeDefinitions: [
        { name: 'pk', type: 'S' },
        { name: 'sk', type: 'N' },
        { name: 'other', type: 'B' },
      ],
      localIndexes: [
        {
          name: 'L',
          keySchema: [
            { name: 'pk', type: 'S' },
            { name: 'other', type: 'B' },
          ],
          projection: { type: 'INCLUDE', attributes: ['x'] },
          status: null,
          readUnits: 0,
          writeUnits: 0,
        },
      ],
      globalIndexes: [],
      billing: { mode: 'PROVISIONED', readUnits: 5, writeUnits: 6 },
      stream: { arn: STREAM_ARN, viewType: 'NEW_IMAGE', enabled: true },
      itemCount: 7,
      sizeBytes: 800,
      serverTimeMs: DATE_MS,
    });
  });

  test('of a service that tells less is described as far as it goes', async () => {
    const { TableId: _, LatestStreamArn: __, StreamSpecification: ___, ItemCount: ____, ...less } = TABLE;
    await using stub = await startStub(
      answer({ Table: { ...less, BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' } } }),
    );
    using client = clientOf(stub);
    expect(await describeTable(client, 'T')).toMatchObject({
      id: null,
      stream: null,
      itemCount: null,
      billing: { mode: 'PAY_PER_REQUEST' },
    });
  });

  test('that does not exist is an error of its own kind', async () => {
    await using stub = await startStub(refuse('ResourceNotFoundException'));
    using client = clientOf(stub);
    await expect(describeTable(client, 'T')).rejects.toMatchObject({
      name: 'DynamoDbError',
      code: 'ResourceNotFoundException',
      kind: 'not-found',
      status: 400,
    });
  });

  test('is waited for until it is active, also while it is not to be seen yet', async () => {
    await using stub = await startStub(
      inTurn(
        refuse('ResourceNotFoundException'),
        answer({ Table: { ...TABLE, TableStatus: 'CREATING' } }),
        answer({ Table: TABLE }),
      ),
    );
    using client = clientOf(stub);
    const clock = new FakeClock(true);
    expect((await waitActive(client, 'T', undefined, { clock })).status).toBe('ACTIVE');
    expect(clock.sleeps).toEqual([1000, 1000]);
  });

  test('that is being deleted is not waited for', async () => {
    await using stub = await startStub(answer({ Table: { ...TABLE, TableStatus: 'DELETING' } }));
    using client = clientOf(stub);
    await expect(waitActive(client, 'T')).rejects.toMatchObject({ code: 'TABLE_NOT_ACTIVE' });
  });

  test('is created with exactly the attributes its keys name', async () => {
    await using stub = await startStub(answer({ TableDescription: TABLE }));
    using client = clientOf(stub);
    await createTable(client, {
      name: 'T',
      keySchema: [
        { name: 'pk', type: 'S' },
        { name: 'sk', type: 'N' },
      ],
      localIndexes: [
        {
          name: 'L',
          keySchema: [
            { name: 'pk', type: 'S' },
            { name: 'other', type: 'B' },
          ],
          projection: { type: 'INCLUDE', attributes: ['x'] },
        },
      ],
      tags: { 'system:write_isolation': 'always' },
    });
    expect(bodyOf(stub, 0)).toEqual({
      TableName: 'T',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: TABLE.AttributeDefinitions,
      BillingMode: 'PAY_PER_REQUEST',
      LocalSecondaryIndexes: TABLE.LocalSecondaryIndexes,
      Tags: [{ Key: 'system:write_isolation', Value: 'always' }],
    });
  });

  test('gets a global index, a time to live and tags', async () => {
    await using stub = await startStub(inTurn(answer({ Table: TABLE }), answer({})));
    using client = clientOf(stub);
    const table = await describeTable(client, 'T');
    const projection = { type: 'ALL', attributes: [] } as const;
    await createGlobalIndex(client, table, {
      name: 'G',
      keySchema: [{ name: 'other', type: 'B' }],
      projection,
    });
    await enableTtl(client, 'T', 'ExpiresAt');
    await tagTable(client, table.arn, { a: 'b' });
    expect(bodyOf(stub, 1)).toMatchObject({
      AttributeDefinitions: [{ AttributeName: 'pk' }, { AttributeName: 'sk' }, { AttributeName: 'other' }],
      GlobalSecondaryIndexUpdates: [{ Create: { IndexName: 'G', Projection: { ProjectionType: 'ALL' } } }],
    });
    expect(bodyOf(stub, 2)).toMatchObject({
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'ExpiresAt' },
    });
    expect(bodyOf(stub, 3)).toEqual({ ResourceArn: table.arn, Tags: [{ Key: 'a', Value: 'b' }] });
  });

  test.each([
    ['ENABLED', 'ExpiresAt'],
    ['ENABLING', 'ExpiresAt'],
    ['DISABLED', null],
    ['DISABLING', null],
  ])('whose time to live is %s has the attribute %s', async (status, attribute) => {
    const description = { TimeToLiveStatus: status, AttributeName: 'ExpiresAt' };
    await using stub = await startStub(answer({ TimeToLiveDescription: description }));
    using client = clientOf(stub);
    expect(await describeTtl(client, 'T')).toEqual({ attribute, serverTimeMs: DATE_MS });
  });

  test('says from when to when it can be exported', async () => {
    await using stub = await startStub(
      answer({
        ContinuousBackupsDescription: {
          ContinuousBackupsStatus: 'ENABLED',
          PointInTimeRecoveryDescription: {
            PointInTimeRecoveryStatus: 'ENABLED',
            EarliestRestorableDateTime: 1_700_000_000,
            LatestRestorableDateTime: 1_700_000_300.5,
          },
        },
      }),
    );
    using client = clientOf(stub);
    expect(await describeContinuousBackups(client, 'T')).toMatchObject({
      enabled: true,
      earliestMs: 1_700_000_000_000,
      latestMs: 1_700_000_300_500,
    });
  });

  test('is found among others, page by page', async () => {
    await using stub = await startStub(
      inTurn(answer({ TableNames: ['A', 'B'], LastEvaluatedTableName: 'B' }), answer({ TableNames: ['C'] })),
    );
    using client = clientOf(stub);
    const pages: (readonly string[])[] = [];
    for await (const page of listTables(client)) pages.push(page);
    expect(pages).toEqual([['A', 'B'], ['C']]);
    expect(bodyOf(stub, 1)).toEqual({ ExclusiveStartTableName: 'B' });
  });
});

describe('enabling a stream', () => {
  const without = { ...TABLE, StreamSpecification: undefined, LatestStreamArn: undefined };

  test('leaves one that is enabled as it is', async () => {
    await using stub = await startStub(answer({ Table: TABLE }));
    using client = clientOf(stub);
    const enabled = await enableStream(client, 'T', 'NEW_AND_OLD_IMAGES');
    expect(enabled).toMatchObject({ enabledNow: false, stream: { viewType: 'NEW_IMAGE' } });
    expect(stub.requests).toHaveLength(1);
  });

  test('enables one that is not', async () => {
    await using stub = await startStub(
      inTurn(answer({ Table: without }), answer({}), answer({ Table: TABLE })),
    );
    using client = clientOf(stub);
    expect(await enableStream(client, 'T', 'NEW_IMAGE')).toMatchObject({
      enabledNow: true,
      stream: { arn: STREAM_ARN },
    });
    expect(bodyOf(stub, 1)).toMatchObject({
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    });
  });

  test.each(['ValidationException', 'ResourceInUseException'])(
    'finds it enabled by somebody else after %s',
    async (code) => {
      await using stub = await startStub(
        inTurn(answer({ Table: without }), refuse(code), answer({ Table: TABLE })),
      );
      using client = clientOf(stub);
      expect(await enableStream(client, 'T', 'NEW_IMAGE')).toMatchObject({ enabledNow: false });
    },
  );

  test('throws a refusal that did not come from an enabled stream', async () => {
    await using stub = await startStub(
      inTurn(answer({ Table: without }), refuse('ValidationException'), answer({ Table: without })),
    );
    using client = clientOf(stub);
    await expect(enableStream(client, 'T', 'NEW_IMAGE')).rejects.toMatchObject({ kind: 'validation' });
  });
});

describe('a stream', () => {
  test('is described a page at a time', async () => {
    const range = { StartingSequenceNumber: '1', EndingSequenceNumber: '2' };
    await using stub = await startStub(
      answer({
        StreamDescription: {
          StreamArn: STREAM_ARN,
          TableName: 'T',
          StreamStatus: 'ENABLED',
          StreamViewType: 'NEW_IMAGE',
          CreationRequestDateTime: 1_700_000_000.25,
          LastEvaluatedShardId: 's2',
          Shards: [
            { ShardId: 's1', SequenceNumberRange: range },
            { ShardId: 's2', ParentShardId: 's1', SequenceNumberRange: { StartingSequenceNumber: '3' } },
          ],
        },
      }),
    );
    using client = clientOf(stub);
    expect(await describeStream(client, STREAM_ARN, { after: 's0', limit: 50 })).toEqual({
      arn: STREAM_ARN,
      table: 'T',
      status: 'ENABLED',
      viewType: 'NEW_IMAGE',
      createdMs: 1_700_000_000_250,
      shards: [
        { id: 's1', parent: null, firstSequence: '1', lastSequence: '2' },
        { id: 's2', parent: 's1', firstSequence: '3', lastSequence: null },
      ],
      lastShard: 's2',
      serverTimeMs: DATE_MS,
    });
    expect(bodyOf(stub, 0)).toEqual({ StreamArn: STREAM_ARN, ExclusiveStartShardId: 's0', Limit: 50 });
  });

  test('tells the children of a shard', async () => {
    await using stub = await startStub(answer({ StreamDescription: { StreamArn: STREAM_ARN } }));
    using client = clientOf(stub);
    expect(await describeStream(client, STREAM_ARN, { childrenOf: 's1' })).toMatchObject({ lastShard: null });
    expect(bodyOf(stub, 0)).toEqual({
      StreamArn: STREAM_ARN,
      ShardFilter: { Type: 'CHILD_SHARDS', ShardId: 's1' },
    });
  });

  test.each([
    ['TRIM_HORIZON' as const, { ShardIteratorType: 'TRIM_HORIZON' }],
    [{ after: '12' }, { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '12' }],
    [{ at: '12' }, { ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: '12' }],
  ])('gives an iterator from %j on', async (start, expected) => {
    await using stub = await startStub(answer({ ShardIterator: 'it' }));
    using client = clientOf(stub);
    expect(await getShardIterator(client, STREAM_ARN, 's1', start)).toEqual({
      iterator: 'it',
      serverTimeMs: DATE_MS,
    });
    expect(bodyOf(stub, 0)).toEqual({ StreamArn: STREAM_ARN, ShardId: 's1', ...expected });
  });

  test('that was trimmed says so', async () => {
    await using stub = await startStub(refuse('TrimmedDataAccessException'));
    using client = clientOf(stub);
    const call = getShardIterator(client, STREAM_ARN, 's1', { after: '1' });
    await expect(call).rejects.toMatchObject({ kind: 'trimmed' });
  });
});

describe('a control call', () => {
  test('is repeated after a failure of the server', async () => {
    await using stub = await startStub(inTurn(refuse('InternalServerError', 500), answer({ Table: TABLE })));
    using client = clientOf(stub, 2);
    expect((await describeTable(client, 'T')).name).toBe('T');
  });

  test('throws the reason of an abort', async () => {
    const controller = new AbortController();
    await using stub = await startStub(() => controller.abort(new Error('stopping')));
    using client = clientOf(stub);
    await expect(describeTable(client, 'T', controller.signal)).rejects.toThrow('stopping');
  });

  test('to nobody is a refused connection', async () => {
    const stub = await startStub(() => {});
    await stub[Symbol.asyncDispose]();
    using client = clientOf(stub);
    await expect(describeTable(client, 'T')).rejects.toMatchObject({
      code: 'CONNECTION_REFUSED',
      kind: 'transient',
      outcomeUnknown: false,
    });
  });

  test('that hangs times out', async () => {
    await using stub = await startStub(() => {});
    const endpoints = { tables: stub.endpoint, streams: stub.endpoint };
    using client = createControlClient({
      region: 'none',
      endpoints,
      credentials: 'none',
      attemptsMax: 1,
      timeoutMs: 50,
    });
    await expect(describeTable(client, 'T')).rejects.toMatchObject({ code: 'TIMEOUT', outcomeUnknown: true });
  });
});
