import { describe, expect, test } from 'vitest';
import { CLOCK_SKEW_MS, errors, FakeCluster, many, SERVER_TIMEOUT_MS } from './fake-cluster.ts';

const THREE = ['http://n1:1', 'http://n2:1', 'http://n3:1'];

/** Makes discovery see that a node is lost: two polls without an answer. */
async function lose(cluster: FakeCluster, node: string): Promise<void> {
  cluster.down.add(node);
  await cluster.nodes.poll();
  await cluster.nodes.poll();
}

describe('the node of a key', () => {
  test('is always the same, and all nodes have keys', async () => {
    const cluster = new FakeCluster({ nodes: THREE });
    await cluster.put(many(90));
    await cluster.put(many(90, 1));
    const nodeOf = new Map<string, string>();
    for (const { node, ids } of cluster.arrivals) {
      for (const id of ids) {
        expect(nodeOf.get(id) ?? node).toBe(node);
        nodeOf.set(id, node);
      }
    }
    expect(new Set(nodeOf.values())).toEqual(new Set(THREE));
  });

  test('changes when the node is lost, and then nothing at all is sent for the skew bound', async () => {
    const cluster = new FakeCluster({ nodes: THREE });
    await cluster.put(many(30));
    const before = cluster.arrivals.length;
    await lose(cluster, 'http://n2:1');
    const lostMs = cluster.clock.monotonic();
    await Promise.all([cluster.put(many(30, 1), '0'), cluster.put({ other: 1 }, '1')]);
    const after = cluster.arrivals.slice(before);
    expect(after.map(({ node }) => node)).not.toContain('http://n2:1');
    for (const { atMs } of after) expect(atMs).toBeGreaterThanOrEqual(lostMs + CLOCK_SKEW_MS);
  });

  test('changes back when the node returns, with the same pause', async () => {
    const cluster = new FakeCluster({ nodes: THREE });
    await lose(cluster, 'http://n2:1');
    await cluster.put(many(30));
    cluster.down.clear();
    await cluster.nodes.poll();
    const backMs = cluster.clock.monotonic();
    const before = cluster.arrivals.length;
    await cluster.put(many(30, 1));
    const after = cluster.arrivals.slice(before);
    expect(new Set(after.map(({ node }) => node))).toEqual(new Set(THREE));
    for (const { atMs } of after) expect(atMs).toBeGreaterThanOrEqual(backMs + CLOCK_SKEW_MS);
  });

  test('when it changes during a wait for an unknown outcome, the waits add up', async () => {
    const cluster = new FakeCluster({
      nodes: THREE,
      react: (_, n) => (n === 0 ? errors.timeout() : undefined),
    });
    const put = cluster.put({ a: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    await lose(cluster, cluster.arrivals[0]!.node);
    await put;
    const [first, second] = cluster.arrivals;
    expect(second!.node).not.toBe(first!.node);
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(SERVER_TIMEOUT_MS + CLOCK_SKEW_MS);
  });

  test('when it changes while a write is under way, the next write of the lane waits from its answer on', async () => {
    const cluster = new FakeCluster({ nodes: THREE, latencyMs: 5000 });
    const put = cluster.put({ a: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    const { node } = cluster.arrivals[0]!;
    await lose(cluster, node);
    await put;
    const answeredMs = cluster.clock.monotonic();
    await cluster.put({ a: 2 });
    expect(cluster.arrivals[1]!.node).not.toBe(node);
    expect(cluster.arrivals[1]!.atMs).toBeGreaterThanOrEqual(answeredMs + CLOCK_SKEW_MS);
  });

  test('that refuses connections is looked after before the next poll would, and its keys move on', async () => {
    const cluster = new FakeCluster({
      nodes: THREE,
      react: ({ node }) => (cluster.down.has(node) ? errors.refused() : undefined),
    });
    await cluster.nodes.poll();
    cluster.down.add('http://n1:1');
    expect(await cluster.put(many(30))).toEqual([]);
    expect(cluster.rows.size).toBe(30);
    expect(cluster.nodes.live).toEqual(['http://n2:1', 'http://n3:1']);
  });

  test('that is the only one is tried again and again', async () => {
    const cluster = new FakeCluster({ react: (_, n) => (n < 6 ? errors.refused() : undefined) });
    cluster.down.add('http://n1:1');
    expect(await cluster.put({ a: 1 })).toEqual([]);
  });
});

describe('behind a load balancer', () => {
  test('a key is written at most once per skew bound, counted from its acknowledgement; others go at once', async () => {
    const cluster = new FakeCluster({ affinity: 'none', latencyMs: 300 });
    await cluster.put({ a: 1, b: 1 });
    const ackMs = cluster.clock.monotonic();
    await cluster.put({ a: 2, c: 1 });
    const again = cluster.arrivals.find(({ ids }, i) => i > 0 && ids.includes('a'));
    const other = cluster.arrivals.find(({ ids }) => ids.includes('c'));
    expect(again!.atMs).toBeGreaterThanOrEqual(ackMs + CLOCK_SKEW_MS);
    expect(other!.atMs).toBe(ackMs);
  });

  test('a key that was last written longer ago does not wait', async () => {
    const cluster = new FakeCluster({ affinity: 'none' });
    await cluster.put({ a: 1 });
    await cluster.clock.sleep(CLOCK_SKEW_MS);
    const nowMs = cluster.clock.monotonic();
    await cluster.put({ a: 2 });
    expect(cluster.arrivals[1]!.atMs).toBe(nowMs);
  });
});

describe('a lane that is taken over', () => {
  const waits: readonly (readonly [string, { clean: boolean; first: boolean }, number])[] = [
    ['that nobody ever wrote for begins at once', { clean: true, first: true }, 0],
    ['from an owner that stopped cleanly waits the skew bound', { clean: true, first: false }, CLOCK_SKEW_MS],
    [
      'from an owner that did not waits the server timeout and the skew bound',
      { clean: false, first: false },
      SERVER_TIMEOUT_MS + CLOCK_SKEW_MS,
    ],
  ];
  for (const [name, takeOver, waitMs] of waits) {
    test(name, async () => {
      const cluster = new FakeCluster();
      const startMs = cluster.clock.monotonic();
      await cluster.task.adopt(cluster.table, '0', takeOver);
      expect(cluster.clock.monotonic() - startMs).toBe(waitMs);
    });
  }

  test('does not make others wait their turn: lanes are taken over side by side', async () => {
    const cluster = new FakeCluster();
    const startMs = cluster.clock.monotonic();
    const takeOver = { clean: false, first: false };
    await Promise.all(['0', '1', '2'].map((lane) => cluster.task.adopt(cluster.table, lane, takeOver)));
    expect(cluster.clock.monotonic() - startMs).toBe(SERVER_TIMEOUT_MS + CLOCK_SKEW_MS);
  });

  test('ends its wait when the task stops', async () => {
    const cluster = new FakeCluster();
    const adopted = cluster.task.adopt(cluster.table, '0', { clean: false, first: false });
    cluster.stop.abort(new Error('stopped'));
    await expect(adopted).rejects.toThrow('stopped');
  });
});
