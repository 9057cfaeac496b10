import { describe, expect, test } from 'vitest';
import { CLOCK_SKEW_MS, errors, FakeCluster, many, SERVER_TIMEOUT_MS } from './fake-cluster.ts';

describe('an unknown outcome', () => {
  for (const [name, error] of [
    ['a 500', errors.internal],
    ['a timeout', errors.timeout],
  ] as const) {
    test(`${name}: the keys wait out the server's timeout before they are written again`, async () => {
      const cluster = new FakeCluster({ react: (_, n) => (n === 0 ? error() : undefined) });
      expect(await cluster.put({ a: 1, b: 2 })).toEqual([]);
      const [first, second] = cluster.arrivals;
      expect(second!.ids).toEqual(first!.ids);
      expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(SERVER_TIMEOUT_MS);
      expect(second!.atMs - first!.atMs).toBeLessThan(SERVER_TIMEOUT_MS + CLOCK_SKEW_MS);
      expect(Object.fromEntries(cluster.rows)).toEqual({ a: '1', b: '2' });
    });
  }

  test('counts from when we gave up, not from when the request was sent', async () => {
    const cluster = new FakeCluster({
      latencyMs: 4000,
      react: (_, n) => (n === 0 ? errors.timeout() : undefined),
    });
    await cluster.put({ a: 1 });
    expect(cluster.arrivals[1]!.atMs - cluster.arrivals[0]!.atMs).toBe(4000 + SERVER_TIMEOUT_MS);
  });

  test('behind a load balancer the skew bound is added: the next try may reach another node', async () => {
    const cluster = new FakeCluster({
      affinity: 'none',
      react: (_, n) => (n === 0 ? errors.internal() : undefined),
    });
    await cluster.put({ a: 1 });
    expect(cluster.arrivals[1]!.atMs - cluster.arrivals[0]!.atMs).toBe(SERVER_TIMEOUT_MS + CLOCK_SKEW_MS);
  });

  test('holds its lane back also when the batch was given up: the next put waits', async () => {
    const cluster = new FakeCluster({
      latencyMs: 10,
      react: ({ ids }) => {
        if (ids.includes('a') && cluster.arrivals.length < 3) return errors.internal();
        return ids.includes('b') && cluster.arrivals.length < 3 ? errors.denied() : undefined;
      },
      itemsMax: 1,
    });
    await expect(cluster.put({ a: 1, b: 2 })).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    const failedMs = cluster.arrivals[0]!.atMs + 10;
    const sent = cluster.arrivals.length;
    await cluster.put({ a: 1, b: 2 });
    for (const { atMs } of cluster.arrivals.slice(sent))
      expect(atMs).toBeGreaterThanOrEqual(failedMs + SERVER_TIMEOUT_MS);
  });

  test('of one lane does not hold back another', async () => {
    const cluster = new FakeCluster({
      react: ({ ids }, n) => (ids.includes('a') && n === 0 ? errors.internal() : undefined),
    });
    const startMs = cluster.clock.monotonic();
    const slow = cluster.put({ a: 1 }, '0');
    await cluster.put({ b: 1 }, '1');
    expect(cluster.clock.monotonic() - startMs).toBeLessThan(SERVER_TIMEOUT_MS);
    await slow;
  });

  test('that does not end is handed back as retryable after a minute', async () => {
    const cluster = new FakeCluster({ react: errors.internal });
    const startMs = cluster.clock.monotonic();
    await expect(cluster.put({ a: 1 })).rejects.toMatchObject({
      code: 'TARGET_UNKNOWN_OUTCOME',
      remedy: 'retry',
    });
    expect(cluster.clock.monotonic() - startMs).toBeGreaterThan(60_000);
    expect(cluster.arrivals.length).toBeLessThan(9);
  });
});

describe('a failure whose outcome is known', () => {
  test('is handed back as soon as whoever asks wants it', async () => {
    const gone = new FakeCluster({ react: errors.refused });
    const startMs = gone.clock.monotonic();
    await expect(gone.put({ a: 1 }, '0', { failsAfterMs: 2000 })).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
      message: expect.stringContaining('has failed for 2 s'),
    });
    expect(gone.clock.monotonic() - startMs).toBeLessThan(8000);
  });

  test('a refused connection is tried again at once, and ends in TARGET_UNREACHABLE', async () => {
    const cluster = new FakeCluster({ react: (_, n) => (n < 3 ? errors.refused() : undefined) });
    await cluster.put({ a: 1 });
    expect(cluster.arrivals[3]!.atMs - cluster.arrivals[0]!.atMs).toBeLessThan(2000);

    const gone = new FakeCluster({ react: errors.refused });
    await expect(gone.put({ a: 1 })).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', remedy: 'retry' });
  });

  test('a throttle is tried again with pauses, and ends in TARGET_THROTTLED', async () => {
    const cluster = new FakeCluster({ react: (_, n) => (n < 5 ? errors.throttled() : undefined) });
    expect(await cluster.put({ a: 1 })).toEqual([]);
    expect(cluster.rows.get('a')).toBe('1');

    const endless = new FakeCluster({ react: errors.throttled });
    await expect(endless.put({ a: 1 })).rejects.toMatchObject({ code: 'TARGET_THROTTLED', remedy: 'retry' });
  });

  test('what the server leaves unprocessed, and that alone, is sent again', async () => {
    const cluster = new FakeCluster({ react: (_, n) => (n === 0 ? { leave: ['b', 'd'] } : undefined) });
    await cluster.put({ a: 1, b: 2, c: 3, d: 4 });
    expect(cluster.arrivals.map(({ ids }) => ids)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'd'],
    ]);
    expect(cluster.rows.size).toBe(4);
  });

  test('nothing processed for a minute ends in TARGET_THROTTLED, slow progress does not', async () => {
    const stuck = new FakeCluster({ react: ({ ids }) => ({ leave: ids }) });
    await expect(stuck.put({ a: 1 })).rejects.toMatchObject({ code: 'TARGET_THROTTLED' });

    const slow = new FakeCluster({ latencyMs: 20_000, react: ({ ids }) => ({ leave: ids.slice(1) }) });
    expect(await slow.put(many(8))).toEqual([]);
    expect(slow.rows.size).toBe(8);
  });

  test('a missing table and a denied access stop everything at once', async () => {
    const missing = new FakeCluster({ react: errors.missing });
    await expect(missing.put({ a: 1 })).rejects.toMatchObject({
      code: 'TARGET_TABLE_MISSING',
      remedy: 'halt',
    });
    const denied = new FakeCluster({ react: errors.denied });
    await expect(denied.put({ a: 1 })).rejects.toMatchObject({
      code: 'TARGET_ACCESS_DENIED',
      remedy: 'halt',
    });
    expect(denied.arrivals).toHaveLength(1);
  });
});

describe('a refused request', () => {
  test('is halved until the bad records stand alone; the others land', async () => {
    const bad = new Set(['k13', 'k77']);
    const cluster = new FakeCluster({
      react: ({ ids }) => (ids.some((id) => bad.has(id)) ? errors.invalid() : undefined),
    });
    const failures = await cluster.put(many(100));
    expect(failures.map(({ index }) => index)).toEqual([13, 77]);
    for (const { error } of failures) {
      expect(error).toMatchObject({
        code: 'RECORD_REFUSED',
        remedy: 'dead-letter',
        detail: { table: 'Music' },
      });
    }
    expect(cluster.rows.size).toBe(98);
    expect(cluster.arrivals.length).toBeLessThan(40);
    expect(cluster.outbox.itemsMax).toBe(100);
  });

  test('of too large a size is halved too', async () => {
    const cluster = new FakeCluster({
      react: ({ ids }) => (ids.includes('k5') ? errors.tooLarge() : undefined),
    });
    const failures = await cluster.put(many(10));
    expect(failures).toMatchObject([{ index: 5, error: { code: 'RECORD_TOO_LARGE' } }]);
    expect(cluster.rows.size).toBe(9);
  });

  test('whose halves are both taken had too many items: later requests are shorter', async () => {
    const cluster = new FakeCluster({ react: ({ ids }) => (ids.length > 30 ? errors.invalid() : undefined) });
    expect(await cluster.put(many(100))).toEqual([]);
    const learned = cluster.arrivals.length;
    expect(await cluster.put(many(100, 1))).toEqual([]);
    expect(Math.max(...cluster.arrivals.slice(learned).map(({ ids }) => ids.length))).toBeLessThanOrEqual(30);
  });

  test('with an unknown outcome in one half still waits', async () => {
    const cluster = new FakeCluster({
      react: ({ ids }, n) =>
        n === 1 ? errors.internal() : ids.includes('k0') ? errors.invalid() : undefined,
    });
    const startMs = cluster.clock.monotonic();
    const failures = await cluster.put(many(4));
    expect(failures.map(({ index }) => index)).toEqual([0]);
    expect(cluster.clock.monotonic() - startMs).toBeGreaterThanOrEqual(SERVER_TIMEOUT_MS);
    expect(cluster.rows.size).toBe(3);
  });

  test('names no values in its message', async () => {
    const { DynamoDbError } = await import('../../../dynamodb/errors.ts');
    const leaky = 'Type mismatch for key {"S":"secret"}, number overflow: 123456789e200';
    const cluster = new FakeCluster({
      react: () => new DynamoDbError('ValidationException', leaky, { status: 400 }),
    });
    const [failure] = await cluster.put({ a: 1 });
    expect(failure!.error.message).not.toMatch(/secret|123456789/);
    expect(failure!.error.message).toContain('Type mismatch');
  });
});

describe('the lease', () => {
  test('lost before a put sends nothing', async () => {
    const cluster = new FakeCluster();
    cluster.leaseValid = false;
    await expect(cluster.put({ a: 1 })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(cluster.arrivals).toEqual([]);
  });

  test('is looked at before each request, also after a wait', async () => {
    const cluster = new FakeCluster({
      react: () => {
        cluster.leaseValid = false;
        return errors.internal();
      },
    });
    await expect(cluster.put({ a: 1 })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(cluster.arrivals).toHaveLength(1);
  });

  test('lost while a request is built keeps it back', async () => {
    const cluster: FakeCluster = new FakeCluster({ building: () => (cluster.leaseValid = false) });
    await expect(cluster.put({ a: 1 })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(cluster.arrivals).toEqual([]);
  });

  test('lost while many requests wait for their turn stops them all', async () => {
    const cluster = new FakeCluster({
      itemsMax: 1,
      latencyMs: 5,
      react: () => {
        cluster.leaseValid = false;
        return undefined;
      },
    });
    await expect(cluster.put(many(50))).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(cluster.arrivals.length).toBeLessThanOrEqual(8);
  });
});

describe('stopping', () => {
  test('ends every wait with the reason, after what is under way has been answered', async () => {
    const cluster = new FakeCluster({
      latencyMs: 10,
      itemsMax: 1,
      react: ({ ids }) => {
        if (!ids.includes('k0')) return undefined;
        cluster.stop.abort(new Error('stopped'));
        return errors.internal();
      },
    });
    const startMs = cluster.clock.monotonic();
    await expect(cluster.put(many(3))).rejects.toThrow('stopped');
    expect(cluster.clock.monotonic() - startMs).toBeLessThan(SERVER_TIMEOUT_MS);
    expect([...cluster.rows.keys()].sort()).toEqual(['k1', 'k2']);
  });
});

test('a key that stands in a batch twice is a defect, and nothing is sent', async () => {
  const cluster = new FakeCluster();
  const batch = [...cluster.puts({ a: 1 }), ...cluster.puts({ a: 2 })];
  await expect(cluster.task.put(cluster.table, '0', batch)).rejects.toMatchObject({ code: 'UNEXPECTED' });
  expect(cluster.arrivals).toEqual([]);
});

test('the byte path never makes objects of an item', async () => {
  const { Item } = await import('../../../schemas/item.ts');
  const { vi } = await import('vitest');
  const { batchWriteItem } = await import('../../../sink/alternator/request.ts');
  const { ItemScanner } = await import('../../../schemas/scanner.ts');
  const cluster = new FakeCluster();
  const records = [...cluster.puts({ a: 1, b: 2 }), cluster.gone('c')];
  const spy = vi.spyOn(Item.prototype, 'attributes', 'get').mockImplementation(() => {
    throw new Error('objects were made');
  });
  try {
    let sent = '';
    const client = {
      call: async (_target: string, body: Buffer | string) => {
        sent = body.toString();
        return { status: 200, body: Buffer.from('{"UnprocessedItems":{}}'), serverTimeMs: 0 };
      },
    };
    const left = await batchWriteItem(
      client,
      'Music',
      new ItemScanner(cluster.table.facts.keySchema),
      records,
      [0, 2],
    );
    expect(left).toEqual([]);
    expect(JSON.parse(sent)).toEqual({
      RequestItems: {
        Music: [
          { PutRequest: { Item: { id: { S: 'a' }, n: { N: '1' } } } },
          { DeleteRequest: { Key: { id: { S: 'c' } } } },
        ],
      },
    });
  } finally {
    spy.mockRestore();
  }
});
