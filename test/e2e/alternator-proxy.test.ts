import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  ScanCommand,
  TagResourceCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, test } from 'vitest';
import { faults, late, slow } from '../alternator/faults.ts';
import { type AlternatorProxy, type ProxyOptions, startAlternatorProxy } from '../alternator-proxy.ts';
import { region, uniqueName } from '../services.ts';
import { until } from './kafka-testing.ts';

interface Bench extends AsyncDisposable {
  readonly proxy: AlternatorProxy;
  /** One client per node, without retries. */
  readonly clients: readonly [DynamoDBClient, ...DynamoDBClient[]];
  put(key: string, value: string, node?: number): Promise<unknown>;
  get(key: string): Promise<string | undefined>;
}

/** A proxy over tables of its own, with a table `Things` of partition key `k`. */
async function bench(options: Omit<ProxyOptions, 'upstream'> = {}): Promise<Bench> {
  const proxy = await startAlternatorProxy({ upstream: inject('services').target, ...options });
  const credentials = { accessKeyId: uniqueName(), secretAccessKey: 'secret' };
  const clientAt = (endpoint: string) =>
    new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 });
  const first = clientAt(proxy.nodes[0].endpoint);
  const clients = [first, ...proxy.endpoints.slice(1).map(clientAt)] as const;
  await first.send(new CreateTableCommand(tableInput('Things')));
  return {
    proxy,
    clients,
    put: (key, value, node = 0) =>
      (clients[node] ?? first).send(
        new PutItemCommand({ TableName: 'Things', Item: { k: { S: key }, v: { S: value } } }),
      ),
    get: async (key) => {
      const answer = await first.send(
        new GetItemCommand({ TableName: 'Things', Key: { k: { S: key } }, ConsistentRead: true }),
      );
      return answer.Item?.['v']?.S;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function tableInput(TableName: string): CreateTableCommandInput {
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
  };
}

function batchOf(count: number, value = 'v') {
  const Things = Array.from({ length: count }, (_, n) => ({
    PutRequest: { Item: { k: { S: `k${n}` }, v: { S: value } } },
  }));
  return new BatchWriteItemCommand({ RequestItems: { Things } });
}

describe('a batch at Alternator', () => {
  test('takes 100 items, writes all of them and leaves none unprocessed', async () => {
    await using b = await bench();
    const answer = await b.clients[0].send(batchOf(100));
    expect(answer.UnprocessedItems).toEqual({});
    const scan = await b.clients[0].send(new ScanCommand({ TableName: 'Things', Select: 'COUNT' }));
    expect(scan.Count).toBe(100);
    expect(new Set(b.proxy.log.at(-2)?.applied).size).toBe(100);
  });

  test('is refused as a whole with 101 items', async () => {
    await using b = await bench();
    await expect(b.clients[0].send(batchOf(101))).rejects.toThrow(/got 101 items, maximum is 100/);
  });

  test('is refused as a whole when a key occurs twice, and nothing of it is written', async () => {
    await using b = await bench();
    const put = (v: string) => ({ PutRequest: { Item: { k: { S: 'twice' }, v: { S: v } } } });
    const batch = new BatchWriteItemCommand({ RequestItems: { Things: [put('1'), put('2')] } });
    await expect(b.clients[0].send(batch)).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Provided list of item keys contains duplicates',
    });
    expect(await b.get('twice')).toBeUndefined();
  });

  test('is refused with 413 when its body is larger than 16 MiB', async () => {
    await using b = await bench();
    await expect(b.clients[0].send(batchOf(60, 'x'.repeat(300_000)))).rejects.toMatchObject({
      name: 'PayloadTooLarge',
      $metadata: { httpStatusCode: 413 },
    });
  });
});

describe('the operations of Alternator', () => {
  test('an operation it does not have is unknown', async () => {
    await using b = await bench();
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName: 'Things', Item: { k: { S: '1' } } } }],
    });
    await expect(b.clients[0].send(transaction)).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  test('a table name may have 192 characters and no more', async () => {
    await using b = await bench();
    await b.clients[0].send(new CreateTableCommand(tableInput('n'.repeat(192))));
    const longer = b.clients[0].send(new CreateTableCommand(tableInput('n'.repeat(193))));
    await expect(longer).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a table is described without its number of items', async () => {
    await using b = await bench();
    const { Table } = await b.clients[0].send(new DescribeTableCommand({ TableName: 'Things' }));
    expect(Table).toMatchObject({ TableName: 'Things', TableStatus: 'ACTIVE' });
    expect(Table).not.toHaveProperty('ItemCount');
  });

  test('the tag for write isolation is kept, other system tags are reserved', async () => {
    await using b = await bench();
    const Tags = [{ Key: 'system:write_isolation', Value: 'always' }];
    const created = await b.clients[0].send(new CreateTableCommand({ ...tableInput('Tagged'), Tags }));
    const ResourceArn = created.TableDescription?.TableArn ?? '';
    const listed = await b.clients[0].send(new ListTagsOfResourceCommand({ ResourceArn }));
    expect(listed.Tags).toEqual(Tags);
    const reserved = new TagResourceCommand({
      ResourceArn,
      Tags: [{ Key: 'system:timestamp_attribute', Value: 'v' }],
    });
    await expect(b.clients[0].send(reserved)).rejects.toThrow(/reserved for internal use/);
  });

  test('/localnodes lists the addresses of the nodes that are up in the datacenter', async () => {
    await using b = await bench({ skewsMs: [0, 0, 0], datacenter: 'dc1' });
    const nodesAt = async (query: string) =>
      (await fetch(`${b.proxy.endpoints[0]}/localnodes${query}`)).json();
    expect(await nodesAt('')).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
    await b.proxy.nodes[1]?.down();
    expect(await nodesAt('?dc=dc1')).toEqual(['127.0.0.1', '127.0.0.3']);
    expect(await nodesAt('?dc=elsewhere')).toEqual([]);
  });
});

describe('clocks that differ', () => {
  test('a later write through a node whose clock is behind is acknowledged and lost', async () => {
    await using b = await bench({ skewsMs: [0, -5_000] });
    await b.put('k', 'first', 0);
    await b.put('k', 'second', 1);
    expect(await b.get('k')).toBe('first');
    expect(b.proxy.log.filter((event) => event.lost?.length === 1)).toHaveLength(1);
  });

  test('a put through a node behind does not bring back what was deleted', async () => {
    await using b = await bench({ skewsMs: [0, -5_000] });
    await b.put('k', 'first', 0);
    await b.clients[0].send(new DeleteItemCommand({ TableName: 'Things', Key: { k: { S: 'k' } } }));
    await b.put('k', 'again', 1);
    expect(await b.get('k')).toBeUndefined();
  });

  test('only the keys of a batch that have a later stamp are lost', async () => {
    await using b = await bench({ skewsMs: [0, -5_000] });
    await b.put('k1', 'newer', 0);
    await b.clients[1]?.send(batchOf(3, 'batch'));
    expect([await b.get('k0'), await b.get('k1'), await b.get('k2')]).toEqual(['batch', 'newer', 'batch']);
  });

  test('a table that always uses LWT loses nothing', async () => {
    await using b = await bench({ skewsMs: [0, -5_000] });
    const { Table } = await b.clients[0].send(new DescribeTableCommand({ TableName: 'Things' }));
    const Tags = [{ Key: 'system:write_isolation', Value: 'always_use_lwt' }];
    await b.clients[0].send(new TagResourceCommand({ ResourceArn: Table?.TableArn, Tags }));
    await b.put('k', 'first', 0);
    await b.put('k', 'second', 1);
    expect(await b.get('k')).toBe('second');
  });

  test('a conditional write that would lose still has its condition checked', async () => {
    await using b = await bench({ skewsMs: [0, -5_000] });
    await b.put('k', 'first', 0);
    const ifAbsent = new PutItemCommand({
      TableName: 'Things',
      Item: { k: { S: 'k' } },
      ConditionExpression: 'attribute_not_exists(k)',
    });
    await expect(b.clients[1]?.send(ifAbsent)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
  });
});

describe('faults', () => {
  test.each([
    ['errorAfterApply', 'new'],
    ['errorBeforeApply', 'old'],
    ['resetAfterApply', 'new'],
    ['resetBeforeApply', 'old'],
    ['throttled', 'old'],
  ] as const)('%s fails the call once and leaves the %s value', async (name, value) => {
    await using b = await bench();
    await b.put('k', 'old');
    const rule = b.proxy.inject({ fault: faults[name], count: 1 });
    await expect(b.put('k', 'new')).rejects.toBeInstanceOf(Error);
    expect(rule.hits).toBe(1);
    expect(await b.get('k')).toBe(value);
    await b.put('k', 'after');
    expect(await b.get('k')).toBe('after');
  });

  test.each([
    ['hangAfterApply', 'new'],
    ['hangBeforeApply', 'old'],
  ] as const)('%s never answers and leaves the %s value', async (name, value) => {
    await using b = await bench();
    await b.put('k', 'old');
    const rule = b.proxy.inject({ fault: faults[name], count: 1 });
    const patience = new AbortController();
    const item = { k: { S: 'k' }, v: { S: 'new' } };
    const hanging = b.clients[0].send(new PutItemCommand({ TableName: 'Things', Item: item }), {
      abortSignal: patience.signal,
    });
    let answered = false;
    const ended = hanging.finally(() => (answered = true));
    ended.catch(() => {});
    await until('it has arrived', () => rule.hits === 1);
    await b.proxy.settled();
    await sleep(300);
    expect(answered).toBe(false);
    patience.abort();
    await expect(ended).rejects.toMatchObject({ name: 'AbortError' });
    expect(await b.get('k')).toBe(value);
  });

  test('errorAfterHalf writes the first half of a batch', async () => {
    await using b = await bench();
    b.proxy.inject({ fault: faults.errorAfterHalf, count: 1 });
    await expect(b.clients[0].send(batchOf(10))).rejects.toMatchObject({ name: 'InternalServerError' });
    expect([await b.get('k4'), await b.get('k5')]).toEqual(['v', undefined]);
  });

  test('a late write overwrites what was written after its error', async () => {
    await using b = await bench();
    // Long enough for what comes meanwhile, on a busy machine too.
    b.proxy.inject({ fault: late(2000), count: 1 });
    await expect(b.put('k', 'late')).rejects.toMatchObject({ name: 'InternalServerError' });
    await b.put('k', 'meanwhile');
    expect(await b.get('k')).toBe('meanwhile');
    await b.proxy.settled();
    expect(await b.get('k')).toBe('late');
  });

  test('unprocessed leaves the rest of a batch, in the manners of DynamoDB', async () => {
    await using b = await bench({ manners: 'dynamodb' });
    b.proxy.inject({ fault: faults.unprocessed });
    const answer = await b.clients[0].send(batchOf(5));
    expect(answer.UnprocessedItems?.['Things']).toHaveLength(2);
    await expect(b.put('k', 'v')).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    b.proxy.clearFaults();
    await b.put('k', 'v');
    expect(await b.get('k')).toBe('v');
  });

  test('a rule strikes by chance, the same calls for the same seed', async () => {
    const struck = async () => {
      await using b = await bench({ seed: 7 });
      b.proxy.inject({ fault: faults.errorBeforeApply, probability: 0.5 });
      for (let n = 0; n < 20; n++) await b.put(`k${n}`, 'v').catch(() => {});
      return b.proxy.log
        .filter((event) => event.operation === 'PutItem')
        .map((event) => event.fault !== undefined);
    };
    const [one, two] = [await struck(), await struck()];
    expect(one).toEqual(two);
    expect(new Set(one)).toEqual(new Set([true, false]));
  });

  test('a node that is down refuses connections until it is up again', async () => {
    await using b = await bench({ skewsMs: [0, 0] });
    await b.proxy.nodes[1]?.down();
    await expect(b.put('k', 'v', 1)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await b.put('k', 'other node', 0);
    await b.proxy.nodes[1]?.up();
    await b.put('k', 'back', 1);
    expect(await b.get('k')).toBe('back');
  });

  test('two unanswered writes of one key are counted as an overlap', async () => {
    await using b = await bench();
    b.proxy.inject({ fault: slow(500) });
    await b.put('a', '1');
    await b.put('a', '2');
    expect(b.proxy.overlaps).toBe(0);
    await Promise.all([b.put('a', '3'), b.put('a', '4')]);
    expect(b.proxy.overlaps).toBe(1);
  });
});
