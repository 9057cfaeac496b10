import type { WriteRequest } from '@aws-sdk/client-dynamodb';
import { describe, expect, test, vi } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { itemOf } from '../../workload/items.ts';
import { keyOf } from '../../workload/keys.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type FaultRule, faults, late } from '../alternator/faults.ts';
import { startLoadBalancer } from '../alternator/load-balancer.ts';
import { type AlternatorProxy, type ProxyOptions, startAlternatorProxy } from '../alternator-proxy.ts';
import { type NaiveSinkOptions, naiveSink } from '../naive-sink.ts';
import { type TestServices, testServices } from '../services.ts';
import { compareTables, expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

vi.setConfig({ maxConcurrency: 3 });

const items = 100;
const operations = 300;
const serverTimeoutMs = 1500;
/** Within the bound that the migration is told. */
const lateMs = 1200;
/** Later than the naive sink ends, also on a busy machine. */
const lateForNaiveMs = 6000;
/** Long enough that changes of a key, which come in polls of a second, meet within it. */
const clockSkewMs = 4500;
/** Below the bound that the migration is told. */
const behind = [0, -4000];

interface Mode {
  readonly name: string;
  readonly proxy?: Omit<ProxyOptions, 'upstream'>;
  /** Where it applies a request later than it should: so much later. */
  readonly fault?: (lateMs: number) => FaultRule['fault'];
  /** Before the nodes stands one address that hands requests out in turn. */
  readonly balanced?: true;
  readonly naive: Pick<NaiveSinkOptions, 'route' | 'retry' | 'timeoutMs'>;
  /** Takes the first node away in the middle of the writes, and brings it back after them. */
  readonly nodeDown?: true;
}

const modes: readonly Mode[] = [
  {
    name: 'answers 500 after it has applied a batch',
    fault: () => faults.errorAfterApply,
    naive: { route: 'round-robin', retry: 'at the end' },
  },
  {
    name: 'applies half of a batch and answers 500',
    fault: () => faults.errorAfterHalf,
    naive: { route: 'round-robin', retry: 'at the end' },
  },
  {
    name: 'resets the connection and applies the batch later',
    fault: (lateMs) => late(lateMs, 'reset'),
    naive: { route: 'round-robin', retry: 'at once' },
  },
  {
    name: 'does not answer, and applies the batch later',
    fault: (lateMs) => late(lateMs, 'hang'),
    naive: { route: 'round-robin', retry: 'at once', timeoutMs: 500 },
  },
  {
    name: 'answers 500 and applies the batch later',
    fault: (lateMs) => late(lateMs),
    naive: { route: 'round-robin', retry: 'at once' },
  },
  {
    name: 'has two nodes with skewed clocks',
    proxy: { skewsMs: behind },
    fault: () => faults.errorAfterApply,
    naive: { route: 'round-robin', retry: 'at once' },
  },
  {
    name: 'loses a node for a while, and the other one is behind',
    proxy: { skewsMs: behind },
    nodeDown: true,
    naive: { route: 'failover', retry: 'at once' },
  },
  {
    name: 'sheds load with RequestLimitExceeded',
    fault: () => faults.throttled,
    naive: { route: 'round-robin', retry: 'at the end' },
  },
  {
    name: 'leaves items unprocessed, as DynamoDB does',
    proxy: { manners: 'dynamodb' },
    fault: () => faults.unprocessed,
    naive: { route: 'round-robin', retry: 'at the end' },
  },
  {
    name: 'stands behind a load balancer, with skewed clocks',
    proxy: { skewsMs: behind },
    balanced: true,
    naive: { route: 'round-robin', retry: 'at once' },
  },
];

describe('a target that', () => {
  test.concurrent.each(modes)('$name ends equal, and each record is counted once', async (mode) => {
    await using services = await testServices();
    const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
    await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
    await loadItems({ ...address, items, seed: 21 });
    await using proxy = await startAlternatorProxy({ upstream: services.target.endpoint, ...mode.proxy });
    const rule = mode.fault && proxy.inject({ fault: mode.fault(lateMs), probability: 0.25, count: 8 });
    await using balancer = mode.balanced && (await startLoadBalancer(proxy.endpoints));
    const target = balancer
      ? { endpoints: [balancer.endpoint], affinity: 'none' }
      : { endpoints: proxy.endpoints };
    await using file = await migrationFile(services, {
      tables: ['Music'],
      target: { ...target, serverTimeoutMs, clockSkewMs },
    });
    await using migrating = new Messina(['migrate', file.path]);
    await until('the first rows are sent', () => alive(migrating) && wasWritten(proxy));
    await using workload = startWorkload({ ...address, items, seed: 22, rate: 80, hotKeys: 4, operations });
    if (mode.nodeDown) {
      await until('half is written', () => workload.counts().operations > operations / 2);
      await proxy.nodes[0].down();
    }
    const { c, u, d } = (await workload.finished).byEffect;
    const sides = {
      source: { client: services.source.client, table: 'Music' },
      target: { client: services.target.client, table: 'Music' },
    };
    const equal = async () => alive(migrating) && isEqual(await compareTables(sides.source, sides.target));
    await until('the target is equal', equal);
    if (mode.nodeDown) await proxy.nodes[0].up();
    await until('every change is published and dealt with', async () => {
      const changes = alive(migrating) && (await statusOf(file.path)).tables[0]?.changes;
      if (!changes) return false;
      const { written, superseded, filtered, deadLettered, published } = changes;
      const sum = written + superseded + filtered + deadLettered;
      return published === items + c + u + d && sum === published;
    });
    migrating.kill('SIGTERM');
    await expectExit(migrating.ended, 0);
    await proxy.settled();
    await expectEqualTables(sides.source, sides.target);
    const status = await expectSums(file.path);
    expect(status.tables[0]?.changes.byOperation).toEqual({ c: items + c, u, d });
    expect(status.tables[0]).toMatchObject({ snapshot: { deadLettered: 0 }, changes: { deadLettered: 0 } });
    // Rule C7: no key ever had two writes under way.
    expect(proxy.overlaps).toBe(0);
    if (rule) expect(rule.hits).toBeGreaterThan(0);
  });

  test.concurrent.each(modes)('$name makes a naive sink end different', async (mode) => {
    await using services = await testServices();
    await using proxy = await startAlternatorProxy({ upstream: services.target.endpoint, ...mode.proxy });
    // Skewed clocks alone are enough.
    if (mode.fault && !mode.proxy?.skewsMs) proxy.inject({ fault: mode.fault(lateForNaiveMs), count: 1 });
    await using balancer = mode.balanced && (await startLoadBalancer(proxy.endpoints));
    const endpoints = balancer ? [balancer.endpoint] : proxy.endpoints;
    const before = async (batch: number) => {
      if (mode.nodeDown && batch === 2) await proxy.nodes[0].down();
    };
    const differences = await naively(services, proxy, { ...mode.naive, endpoints, before });
    expect(isEqual(differences)).toBe(false);
  });

  test.concurrent.each(['at once', 'at the end'] as const)(
    'never fails makes a naive sink that repeats %s end equal: what makes it differ is the fault',
    async (retry) => {
      await using services = await testServices();
      await using proxy = await startAlternatorProxy({ upstream: services.target.endpoint });
      const { endpoints } = proxy;
      const options = { endpoints, route: 'round-robin', retry } as const;
      const differences = await naively(services, proxy, options);
      expect(isEqual(differences)).toBe(true);
    },
  );
});

function alive(migrating: Messina): true {
  if (!migrating.running) throw new Error(`it has ended:\n${migrating.stderr}`);
  return true;
}

const wasWritten = (proxy: AlternatorProxy) =>
  proxy.log.some((event) => event.operation === 'BatchWriteItem');

const isEqual = ({ missing, different, extra }: Awaited<ReturnType<typeof compareTables>>) =>
  missing.length + different.length + extra.length === 0;

/** Four batches over the same ten keys, the third with deletes: the hot keys of a stream. */
const hotBatches: readonly (readonly WriteRequest[])[] = [0, 1, 2, 3].map((revision) =>
  Array.from({ length: 10 }, (_, index) =>
    revision === 2 && index < 5
      ? { DeleteRequest: { Key: keyOf(index) } }
      : { PutRequest: { Item: { ...itemOf(31, index), Revision: { N: String(revision) } } } },
  ),
);

/** The same writes at the source, in order, and at the target by the naive sink. */
async function naively(
  services: TestServices,
  proxy: AlternatorProxy,
  options: Omit<NaiveSinkOptions, 'credentials' | 'table'>,
) {
  const { credentials, source, target } = services;
  const table = 'Hot';
  for (const { endpoint } of [source, target]) await createMusicTable({ endpoint, credentials, table });
  const truth = { endpoints: [source.endpoint], credentials, table };
  await naiveSink(hotBatches, { ...truth, route: 'round-robin', retry: 'at once' });
  await naiveSink(hotBatches, { ...options, credentials, table });
  await proxy.settled();
  return compareTables({ client: source.client, table }, { client: target.client, table });
}
