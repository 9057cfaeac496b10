import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AlternatorNodes, type AlternatorNodesOptions } from '../../../dynamodb/endpoints.ts';
import { keepPolling, LocalNodes } from '../../../dynamodb/local-nodes.ts';
import { FakeClock } from './fake-clock.ts';
import { sendJson, startStub } from './stub-server.ts';

/** A cluster as `/localnodes` shows it: who answers, and what everybody answers. */
class FakeCluster {
  up = new Set<string>();
  hosts: string[] = [];
  readonly asked: string[] = [];

  readonly probe = (endpoint: string): Promise<readonly string[]> => {
    this.asked.push(endpoint);
    return this.up.has(endpoint) ? Promise.resolve(this.hosts) : Promise.reject(new Error('down'));
  };
}

const A = 'http://10.0.0.1:8000';
const B = 'http://10.0.0.2:8000';
const C = 'http://10.0.0.3:8000';

function clusterOf(up: readonly string[], hosts: readonly string[]): FakeCluster {
  const cluster = new FakeCluster();
  cluster.up = new Set(up);
  cluster.hosts = [...hosts];
  return cluster;
}

function nodesOf(cluster: FakeCluster, more: Partial<AlternatorNodesOptions> = {}): AlternatorNodes {
  return new AlternatorNodes({ seeds: [A], probe: cluster.probe, ...more });
}

describe('the live nodes', () => {
  test('are the seeds before anybody was asked', () => {
    const nodes = nodesOf(new FakeCluster(), { seeds: [`${B}/`, A, A] });
    expect(nodes.live).toEqual([A, B]);
  });

  test('are the seeds and whom they discover, on the same scheme and port', async () => {
    const nodes = nodesOf(clusterOf([A, B, C], ['10.0.0.3', '10.0.0.1', '10.0.0.2']));
    const changes: string[][] = [];
    nodes.onChange((live) => changes.push([...live]));
    await nodes.poll();
    await nodes.poll();
    expect(nodes.live).toEqual([A, B, C]);
    expect(changes).toEqual([[A, B, C]]);
  });

  test('do not hold one that was discovered and does not answer', async () => {
    const nodes = nodesOf(clusterOf([A, B], ['10.0.0.1', '10.0.0.2', '10.0.0.3']));
    await nodes.poll();
    expect(nodes.live).toEqual([A, B]);
  });

  test('lose a node, also a seed, after two polls without an answer, and get it back', async () => {
    const cluster = clusterOf([A, B], ['10.0.0.1', '10.0.0.2']);
    const nodes = nodesOf(cluster);
    await nodes.poll();
    cluster.up.delete(A);
    await nodes.poll();
    expect(nodes.live).toEqual([A, B]);
    await nodes.poll();
    expect(nodes.live).toEqual([B]);
    cluster.up.add(A);
    await nodes.poll();
    expect(nodes.live).toEqual([A, B]);
  });

  test('stay when nobody answers', async () => {
    const cluster = clusterOf([A, B], ['10.0.0.2']);
    const nodes = nodesOf(cluster);
    await nodes.poll();
    cluster.up.clear();
    for (let i = 0; i < 3; i++) await nodes.poll();
    expect(nodes.live).toEqual([A, B]);
  });

  test('hold no host name as soon as discovered addresses answer, as it may stand for several', async () => {
    const name = 'http://scylla.example:8000';
    const cluster = clusterOf([name, A, B], ['10.0.0.1', '10.0.0.2']);
    const nodes = nodesOf(cluster, { seeds: [name] });
    await nodes.poll();
    expect(nodes.live).toEqual([A, B]);
  });

  test('hold a host name while discovered addresses cannot be reached', async () => {
    const name = 'http://localhost:8000';
    const nodes = nodesOf(clusterOf([name], ['172.17.0.2']), { seeds: [name] });
    await nodes.poll();
    expect(nodes.live).toEqual([name]);
  });

  test('are the seeds and nobody is asked, without discovery', async () => {
    const cluster = clusterOf([A, B], ['10.0.0.2']);
    const nodes = nodesOf(cluster, { discovery: 'off' });
    await nodes.poll();
    expect(nodes.live).toEqual([A]);
    expect(cluster.asked).toEqual([]);
  });

  test('are told to nobody who left', async () => {
    const nodes = nodesOf(clusterOf([A, B], ['10.0.0.2']));
    const leave = nodes.onChange(() => expect.unreachable());
    leave();
    await nodes.poll();
  });
});

describe('the node of a key', () => {
  const origins = fc
    .uniqueArray(fc.ipV4(), { minLength: 2, maxLength: 8 })
    .map((ips) => ips.map((ip) => `http://${ip}:8000`));
  const probe = () => Promise.resolve([]);
  const keys = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));

  test('depends on the key and the set of live nodes alone', () => {
    fc.assert(
      fc.property(origins, keys, (seeds, key) => {
        const one = new AlternatorNodes({ seeds, probe });
        const other = new AlternatorNodes({ seeds: seeds.toReversed(), probe });
        expect(other.nodeForKey(key)).toBe(one.nodeForKey(key));
      }),
    );
  });

  test('changes only for the keys of a node that is lost', () => {
    fc.assert(
      fc.property(origins, keys, (seeds, key) => {
        const before = new AlternatorNodes({ seeds, probe }).nodeForKey(key);
        const lost = seeds.find((seed) => seed !== before)!;
        const after = new AlternatorNodes({ seeds: seeds.filter((seed) => seed !== lost), probe });
        expect(after.nodeForKey(key)).toBe(before);
      }),
    );
  });

  test('spreads the keys', () => {
    const nodes = new AlternatorNodes({ seeds: [A, B, C], probe });
    const counts = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const node = nodes.nodeForKey(Buffer.from(`order-${i}`));
      counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    for (const node of [A, B, C]) expect(counts.get(node)).toBeGreaterThan(850);
  });

  test('is fixed for ever: other processes count on it', () => {
    const nodes = new AlternatorNodes({ seeds: [A, B, C], probe });
    const chosen = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => nodes.nodeForKey(Buffer.from(key)));
    expect(chosen).toMatchInlineSnapshot(`
      [
        "http://10.0.0.3:8000",
        "http://10.0.0.1:8000",
        "http://10.0.0.3:8000",
        "http://10.0.0.1:8000",
        "http://10.0.0.2:8000",
        "http://10.0.0.3:8000",
      ]
    `);
  });
});

describe('asking a node', () => {
  test('gives the hosts of its datacenter and rack', async () => {
    await using stub = await startStub((_, response) => sendJson(response, 200, ['127.0.0.2', '127.0.0.3']));
    await using local = new LocalNodes({ datacenter: 'dc 1', rack: 'r1' });
    expect(await local.probe(stub.endpoint)).toEqual(['127.0.0.2', '127.0.0.3']);
    expect(stub.requests[0]?.url).toBe('/localnodes?dc=dc+1&rack=r1');
  });

  test.each([
    [404, 'not found'],
    [400, '{"__type":"MissingAuthenticationToken"}'],
    [200, 'healthy'],
    [200, '{}'],
    [200, '[1]'],
  ])('that answers %i %s finds it alive and alone', async (status, body) => {
    await using stub = await startStub((_, response) => sendJson(response, status, body));
    await using local = new LocalNodes();
    expect(await local.probe(stub.endpoint)).toEqual([]);
  });

  test('that is gone throws', async () => {
    const stub = await startStub(() => {});
    await stub[Symbol.asyncDispose]();
    await using local = new LocalNodes();
    await expect(local.probe(stub.endpoint)).rejects.toThrow();
  });

  test('that hangs throws in time', async () => {
    await using stub = await startStub(() => {});
    await using local = new LocalNodes({ timeoutMs: 20 });
    await expect(local.probe(stub.endpoint)).rejects.toThrow();
  });
});

test('polling goes on at its interval until it is stopped', async () => {
  const cluster = clusterOf([A], []);
  const clock = new FakeClock();
  const controller = new AbortController();
  const polling = keepPolling(nodesOf(cluster), controller.signal, { intervalMs: 100, clock });
  await clock.advance(0);
  expect(cluster.asked).toHaveLength(1);
  await clock.advance(100);
  expect(cluster.asked).toHaveLength(2);
  controller.abort();
  await polling;
});
