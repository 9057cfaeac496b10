import { describe, expect, test } from 'vitest';
import { createControlClient } from '../../../dynamodb/control-client.ts';
import { createGlobalIndex, createTable, enableTtl, tagTable } from '../../../dynamodb/table-changes.ts';
import {
  describeContinuousBackups,
  describeTable,
  describeTtl,
  listTables,
  waitActive,
} from '../../../dynamodb/tables.ts';
import { answer, bodyOf, clientOf, DATE_MS, refuse, STREAM_ARN, TABLE } from './control-world.ts';
import { FakeClock } from './fake-clock.ts';
import { inTurn, startStub } from './stub-server.ts';

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
      timeoutMs: 500,
    });
    await expect(describeTable(client, 'T')).rejects.toMatchObject({ code: 'TIMEOUT', outcomeUnknown: true });
  });
});
