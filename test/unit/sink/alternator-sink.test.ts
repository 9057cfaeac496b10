import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import type { SinkTable } from '../../../connectors/catalog-records.ts';
import type { Clock } from '../../../connectors/clock.ts';
import type { SinkContext } from '../../../connectors/connector.ts';
import { Item } from '../../../schemas/item.ts';
import { alternatorSink } from '../../../sink/alternator/connector.ts';
import { alternatorOptions } from '../../../sink/alternator/options.ts';
import { attributes, deleteRecord, putRecord, sinkTable } from '../../sink-records.ts';
import { item } from './fake-cluster.ts';
import { JumpingClock } from './jumping-clock.ts';
import { describing, fault, ScriptedServer } from './scripted-server.ts';

const table = sinkTable('Music');

function contextWith(clock: Clock = new JumpingClock()): SinkContext {
  return {
    log: pino({ level: 'silent' }),
    clock,
    signal: new AbortController().signal,
    leaseValid: () => true,
  };
}

function optionsFor(server: ScriptedServer, more: Readonly<Record<string, unknown>> = {}) {
  return alternatorOptions.parse({ endpoints: [server.endpoint], discovery: 'off', ...more });
}

function puts(count: number, n = 0) {
  return Array.from({ length: count }, (_, i) => putRecord(table, item(`k${i}`, n)));
}

describe('over HTTP', () => {
  test('puts and deletes arrive as one BatchWriteItem, made of bytes', async () => {
    await using server = await ScriptedServer.start();
    server.rows.set('k3', {});
    await using task = await alternatorSink.open(optionsFor(server), contextWith());
    const batch = [...puts(3), deleteRecord(table, attributes({ id: { S: 'k3' } }))];
    const spy = vi.spyOn(Item.prototype, 'attributes', 'get').mockImplementation(() => {
      throw new Error('objects were made');
    });
    try {
      expect(await task.put(table, '0', batch)).toEqual([]);
    } finally {
      spy.mockRestore();
    }
    expect(server.writes.map(({ ids }) => ids)).toEqual([['k0', 'k1', 'k2', 'k3']]);
    expect(Object.fromEntries(server.rows)).toEqual(
      Object.fromEntries([0, 1, 2].map((i) => [`k${i}`, { id: { S: `k${i}` }, n: { N: '0' } }])),
    );
  });

  test('a request holds 100 items on Alternator, 25 elsewhere, or as many as configured', async () => {
    await using server = await ScriptedServer.start();
    const longest = async (more = {}) => {
      const before = server.writes.length;
      await using task = await alternatorSink.open(optionsFor(server, more), contextWith());
      await task.put(table, '0', puts(250));
      return Math.max(...server.writes.slice(before).map(({ ids }) => ids.length));
    };
    expect(await longest()).toBe(100);
    expect(await longest({ batchItems: 40 })).toBe(40);
    server.localNodes = null;
    expect(await longest()).toBe(25);
  });

  for (const [name, how] of [
    ['a 500 after the write was executed', 'apply-then-500'],
    ['a connection that is reset', 'reset'],
    ['an answer that never comes', 'hang'],
  ] as const) {
    test(`${name} makes the keys wait, and then they are written`, async () => {
      await using server = await ScriptedServer.start();
      const clock = new JumpingClock();
      const arrivals: number[] = [];
      server.script = ({ operation }, n) => {
        if (operation !== 'BatchWriteItem') return undefined;
        arrivals.push(clock.monotonic());
        return n === 0 ? how : undefined;
      };
      const serverTimeoutMs = 300;
      await using task = await alternatorSink.open(
        optionsFor(server, { serverTimeoutMs }),
        contextWith(clock),
      );
      expect(await task.put(table, '0', puts(2))).toEqual([]);
      expect(arrivals).toHaveLength(2);
      expect(arrivals[1]! - arrivals[0]!).toBeGreaterThanOrEqual(serverTimeoutMs);
      expect(server.rows.size).toBe(2);
    });
  }

  test('what DynamoDB leaves unprocessed is sent again', async () => {
    await using server = await ScriptedServer.start();
    server.localNodes = null;
    server.script = ({ operation }, n) => {
      if (operation !== 'BatchWriteItem' || n > 0) return undefined;
      const left = [
        { PutRequest: { Item: { n: { N: '0' }, id: { S: 'k1' } } } },
        { DeleteRequest: { Key: { id: { S: 'x' } } } },
      ];
      return { status: 200, body: { UnprocessedItems: { Music: left } } };
    };
    await using task = await alternatorSink.open(optionsFor(server), contextWith());
    const batch = [...puts(3), deleteRecord(table, attributes({ id: { S: 'x' } }))];
    expect(await task.put(table, '0', batch)).toEqual([]);
    expect(server.writes.map(({ ids }) => ids)).toEqual([
      ['k0', 'k1', 'k2', 'x'],
      ['k1', 'x'],
    ]);
  });

  test('an item above 400 KB is refused by itself on DynamoDB, and left to Alternator to judge', async () => {
    await using server = await ScriptedServer.start();
    const big = putRecord(table, attributes({ id: { S: 'big' }, text: { S: 'x'.repeat(420_000) } }));
    await using alternator = await alternatorSink.open(optionsFor(server), contextWith());
    expect(await alternator.put(table, '0', [big, ...puts(1)])).toEqual([]);
    server.localNodes = null;
    await using dynamoDb = await alternatorSink.open(optionsFor(server), contextWith());
    expect(await dynamoDb.put(table, '0', [...puts(1), big])).toMatchObject([
      { index: 1, error: { code: 'RECORD_TOO_LARGE' } },
    ]);
  });

  test('large items are spread over several requests', async () => {
    await using server = await ScriptedServer.start();
    await using task = await alternatorSink.open(optionsFor(server), contextWith());
    const batch = Array.from({ length: 10 }, (_, i) =>
      putRecord(
        table,
        attributes({ id: { S: `k${i}` }, text: { S: 'x'.repeat(i === 9 ? 900_000 : 200_000) } }),
      ),
    );
    expect(await task.put(table, '0', batch)).toEqual([]);
    expect(server.writes.length).toBeGreaterThanOrEqual(6);
    expect(Math.max(...server.writes.map(({ body }) => body.length))).toBeLessThan(1 << 20);
  });

  test('throttles make fewer requests at once, and it recovers', async () => {
    await using server = await ScriptedServer.start();
    let throttled = 0;
    server.script = ({ operation }) => {
      if (operation !== 'BatchWriteItem' || throttled >= 20) return undefined;
      throttled += 1;
      return fault(400, 'RequestLimitExceeded', 'too many requests');
    };
    await using task = await alternatorSink.open(optionsFor(server, { batchItems: 5 }), contextWith());
    expect(await task.put(table, '0', puts(200))).toEqual([]);
    expect(server.rows.size).toBe(200);
  });

  test('nobody there: TARGET_UNREACHABLE, which is tried again', async () => {
    await using server = await ScriptedServer.start();
    const options = optionsFor(server);
    await server[Symbol.asyncDispose]();
    await expect(alternatorSink.open(options, contextWith())).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
      remedy: 'retry',
    });
    expect(await alternatorSink.check(options, table, true, contextWith())).toMatchObject([
      { table: 'Music', error: { code: 'TARGET_UNREACHABLE' } },
    ]);
  });

  test('authorities that cannot be read are refused by their key, and a text that is none is not shown', async () => {
    await using server = await ScriptedServer.start();
    const opened = (ca: string) => alternatorSink.open({ ...optionsFor(server), ca }, contextWith());
    await expect(opened('/nowhere/ca.pem')).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
      message: 'The file of target.ca cannot be read: /nowhere/ca.pem',
    });
    await expect(opened('MIIB\nswordfish')).rejects.toThrow(/^target\.ca is neither PEM text [^w]*$/);
  });
});

describe('the target table', () => {
  const hash = (name: string) => ({ AttributeName: name, KeyType: 'HASH' });
  const problemsOf = async (server: ScriptedServer, more = {}, of: SinkTable = table, first = true) => {
    const options = optionsFor(server, more);
    const problems = await alternatorSink.check(options, of, first, contextWith());
    const thrown = await alternatorSink
      .prepare(options, of, first, contextWith())
      .catch((error: unknown) => error);
    if (problems.length > 0) expect(thrown).toMatchObject({ code: problems[0]!.error.code });
    return problems.map(({ error }) => error);
  };

  test('that is missing is no problem, and is created with keys, local indexes and tags only', async () => {
    await using server = await ScriptedServer.start();
    server.description = null;
    const facts: SinkTable['facts'] = {
      ...table.facts,
      keySchema: [
        { name: 'id', type: 'S' },
        { name: 'at', type: 'N' },
      ],
      attributeTypes: { id: 'S', at: 'N', rank: 'N', genre: 'S' },
      localIndexes: [
        {
          name: 'byRank',
          keySchema: [
            { name: 'id', type: 'S' },
            { name: 'rank', type: 'N' },
          ],
          projection: 'INCLUDE',
          projected: ['title'],
        },
      ],
      globalIndexes: [
        { name: 'byGenre', keySchema: [{ name: 'genre', type: 'S' }], projection: 'ALL', projected: [] },
      ],
      ttlAttribute: 'expires',
    };
    const options = optionsFor(server, {
      tags: { 'system:write_isolation': 'always' },
      tables: { Music: 'music_v2' },
    });
    expect(await alternatorSink.check(options, { facts }, true, contextWith())).toEqual([]);
    expect(server.calls.map(({ operation }) => operation)).toEqual(['DescribeTable']);
    await alternatorSink.prepare(options, { facts }, true, contextWith()).catch(() => {});
    const created = server.calls.find(({ operation }) => operation === 'CreateTable');
    expect(JSON.parse(created!.body)).toEqual({
      TableName: 'music_v2',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'at', AttributeType: 'N' },
        { AttributeName: 'rank', AttributeType: 'N' },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: 'byRank',
          KeySchema: [
            { AttributeName: 'id', KeyType: 'HASH' },
            { AttributeName: 'rank', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['title'] },
        },
      ],
      Tags: [{ Key: 'system:write_isolation', Value: 'always' }],
    });
  });

  test('is waited for until it is active', async () => {
    await using server = await ScriptedServer.start();
    server.description = null;
    server.script = ({ operation }, n) => {
      if (operation !== 'DescribeTable' || n < 1 || n > 3) return undefined;
      return { status: 200, body: { Table: { ...describing([hash('id')]), TableStatus: 'CREATING' } } };
    };
    await alternatorSink.prepare(optionsFor(server), table, true, contextWith());
    expect(server.calls.map(({ operation }) => operation)).toEqual([
      'DescribeTable',
      'CreateTable',
      ...Array.from({ length: 4 }, () => 'DescribeTable'),
    ]);
  });

  test('that is missing and may not be created is a problem', async () => {
    await using server = await ScriptedServer.start();
    server.description = null;
    expect(await problemsOf(server, { createTables: false })).toMatchObject([
      { code: 'TARGET_TABLE_MISSING' },
    ]);
    expect(server.calls.every(({ operation }) => operation === 'DescribeTable')).toBe(true);
  });

  test('of another key is refused, and both keys are named', async () => {
    await using server = await ScriptedServer.start();
    for (const other of [
      describing([hash('other')]),
      describing([hash('id')], 'N'),
      describing([hash('id'), { AttributeName: 'at', KeyType: 'RANGE' }]),
    ]) {
      server.description = other;
      const [problem] = await problemsOf(server);
      expect(problem).toMatchObject({ code: 'TARGET_KEY_SCHEMA' });
      expect(problem!.message).toContain('("id" S)');
    }
  });

  test('that holds rows before the first load is refused, unless they are to be kept', async () => {
    await using server = await ScriptedServer.start();
    expect(await problemsOf(server)).toEqual([]);
    server.rows.set('old', { id: { S: 'old' } });
    expect(await problemsOf(server)).toMatchObject([{ code: 'TARGET_NOT_EMPTY' }]);
    expect(await problemsOf(server, { existing: 'keep' })).toEqual([]);
    expect(await problemsOf(server, {}, table, false)).toEqual([]);
  });

  test('of a name that Alternator cannot hold is refused; DynamoDB can', async () => {
    await using server = await ScriptedServer.start();
    const long = 'x'.repeat(193);
    expect(await problemsOf(server, { tables: { Music: long } })).toMatchObject([{ code: 'TARGET_REFUSED' }]);
    server.localNodes = null;
    expect(await problemsOf(server, { tables: { Music: long } })).toEqual([]);
  });

  test('that nobody may read says so', async () => {
    await using server = await ScriptedServer.start();
    server.script = () => fault(400, 'AccessDeniedException', 'no permission');
    expect(await problemsOf(server)).toMatchObject([{ code: 'TARGET_ACCESS_DENIED', remedy: 'halt' }]);
  });

  test('is told from others by its TableId, and one without from none', async () => {
    await using server = await ScriptedServer.start();
    await using task = await alternatorSink.open(optionsFor(server), contextWith());
    expect(await task.tableId!(table)).toBe('');
    server.description = { ...describing([hash('id')]), TableId: 'one' };
    expect(await task.tableId!(table)).toBe('one');
    server.description = null;
    expect(await task.tableId!(table)).toBeNull();
    server.script = () => fault(400, 'AccessDeniedException', 'no permission');
    await expect(task.tableId!(table)).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
  });

  test('is dropped, also when it is not there', async () => {
    await using server = await ScriptedServer.start();
    await alternatorSink.drop(optionsFor(server), table, contextWith());
    expect(server.description).toBeNull();
    server.script = ({ operation }) =>
      operation === 'DeleteTable' ? fault(400, 'ResourceNotFoundException') : undefined;
    await alternatorSink.drop(optionsFor(server), table, contextWith());
  });
});

test('options are strict and name their defaults', () => {
  expect(alternatorOptions.parse({ endpoints: ['http://127.0.0.1:8000'] })).toEqual({
    endpoints: ['http://127.0.0.1:8000'],
    discovery: 'auto',
    affinity: 'node',
    serverTimeoutMs: 10_000,
    clockSkewMs: 1000,
    region: 'none',
    tables: {},
    createTables: true,
    tags: {},
    existing: 'refuse',
  });
  expect(() => alternatorOptions.parse({ endpoints: [] })).toThrow();
  expect(() => alternatorOptions.parse({ endpoints: ['http://x'], endpoint: 'x' })).toThrow();
  const names = alternatorOptions.parse({ endpoints: ['http://x'], tables: { a: 'other' } });
  expect(['a', 'b', 'constructor'].map((name) => alternatorSink.targetTable(names, name))).toEqual([
    'other',
    'b',
    'constructor',
  ]);
});
