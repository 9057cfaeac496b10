import { setTimeout as sleep } from 'node:timers/promises';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { startCassandra } from '../../local/cassandra.ts';
import { loadItems } from '../../workload/fill.ts';
import { keyOf } from '../../workload/keys.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { faults } from '../cql/faults.ts';
import { CqlProxy } from '../cql-proxy.ts';
import { cassandraClient, type TestServices, testServices } from '../services.ts';
import { expectSameSongs, songsFile, songsMapping } from './harness/mapped-songs.ts';
import { expectExit, Messina, messinaHere } from './harness/messina.ts';
import { witness } from './harness/scene.ts';
import { expectSums } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

const layout = { table: 'songs' };
/** A write that fails is repeated within this time, at the latest. */
const REPEATED_MS = 5_000;

async function musicTable(services: TestServices, items: number, seed: number) {
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items, seed });
  return address;
}

test.concurrent('a process that was frozen while it wrote does not go on with it when it wakes up and another has taken over', async () => {
  const [items, changed] = [40, 8];
  await using services = await testServices();
  await musicTable(services, items, 81);
  const { contactPoint } = services.cassandra;
  await using nodeOfFirst = await CqlProxy.start(contactPoint);
  await using nodeOfSecond = await CqlProxy.start(contactPoint);
  const fileOf = (node: CqlProxy) =>
    songsFile(services, songsMapping(layout), { target: { contactPoints: [node.contactPoint] } });
  await using file = await fileOf(nodeOfFirst);
  await using fileOfSecond = await fileOf(nodeOfSecond);
  await using first = new Messina(['migrate', file.path]);
  await expectExit(messinaHere('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);

  // What it holds in its hands it would send as soon as it runs again.
  const fault = nodeOfFirst.faults.inject({ fault: faults.overloaded });
  for (let n = 0; n < changed; n++) {
    const Item = { ...keyOf(n), Revision: { N: String(n) } };
    await services.source.client.send(new PutItemCommand({ TableName: 'Music', Item }));
  }
  await until('the first repeats its writes', () => fault.hits > changed);
  first.kill('SIGSTOP');
  await using second = new Messina(['migrate', fileOfSecond.path]);
  await using seen = await witness(file.path, 'Music');
  await until('the second has written all', async () => {
    if (!second.running) throw new Error(`it has ended:\n${second.stderr}`);
    return (await seen.look()).changesDone === items + changed;
  });
  expect(writesOf(nodeOfSecond).length).toBeGreaterThan(0);
  fault.remove();
  const before = writesOf(nodeOfFirst).length;
  first.kill('SIGCONT');
  await sleep(REPEATED_MS + 1_000);
  expect(first.running).toBe(true);
  // What had passed the look at the lease when it froze may be in the driver's hands: one statement or two, never all of them.
  expect(writesOf(nodeOfFirst).length - before).toBeLessThan(changed / 2);
  for (const one of [first, second]) one.kill('SIGTERM');
  for (const one of [first, second]) await expectExit(one.ended, 0);
  await expectSameSongs(services, layout);
  await expectSums(file.path);
});

const writesOf = ({ statements }: CqlProxy) =>
  statements.filter(({ text, kind }) => kind === 'execute' && /^(INSERT|DELETE)\b/.test(text));

test.concurrent('a target that is killed and starts again is written to where it was left, and ends equal', async () => {
  const [items, operations] = [400, 400];
  await using shared = await testServices();
  await using own = await startCassandra();
  const { contactPoint, datacenter } = own;
  const { keyspace } = shared.cassandra;
  const client = cassandraClient(contactPoint);
  const replication = `{'class': 'NetworkTopologyStrategy', '${datacenter}': 1}`;
  await client.execute(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`);
  await client.execute(`USE ${keyspace}`);
  const services = { ...shared, cassandra: { contactPoint, datacenter, keyspace, client } };
  const address = await musicTable(services, items, 83);
  await using file = await songsFile(services, songsMapping(layout));
  await using migrating = new Messina(['migrate', file.path]);
  await using seen = await witness(file.path, 'Music');
  const alive = () => {
    if (!migrating.running) throw new Error(`it has ended:\n${migrating.stderr}`);
    return true;
  };
  await until('rows are written', async () => alive() && (await seen.look()).rowsDone > 0);
  await using workload = startWorkload({ ...address, items, seed: 84, rate: 100, operations });
  await until('some is written', () => workload.counts().operations > operations / 4);
  await own.kill();
  await own.restart();
  const { c, u, d } = (await workload.finished).byEffect;
  const changes = items + c + u + d;
  await until('all is dealt with', async () => alive() && (await seen.look()).changesDone === changes);
  migrating.kill('SIGTERM');
  await expectExit(migrating.ended, 0);
  await expectSameSongs(services, layout);
  const { tables } = await expectSums(file.path);
  expect(tables[0]?.changes.byOperation).toEqual({ c: items + c, u, d });
  await client.shutdown();
});
