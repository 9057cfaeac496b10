import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test, vi } from 'vitest';
import { enableStream } from '../../cli/demo/table-stream.ts';
import { loadItems } from '../../workload/fill.ts';
import { keyOf } from '../../workload/keys.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type ErrorAnswer, tooFarAhead } from '../cql/answers.ts';
import type { ProxyStatement } from '../cql/connection.ts';
import { type Fault, faults, late, slow } from '../cql/faults.ts';
import { CqlProxy } from '../cql-proxy.ts';
import { type TestServices, testServices } from '../services.ts';
import {
  compareSongs,
  expectSameSongs,
  songsFile,
  songsMapping,
  songsOptions,
} from './harness/mapped-songs.ts';
import { expectExit, Messina, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { witness } from './harness/scene.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

vi.setConfig({ maxConcurrency: 2 });

const layout = { table: 'songs' };
/**
 * Answers that come this late keep as much under way as the sink lets there be; and what a busy machine adds to it is little,
 * so that the sink does not take it for a queue in the server.
 */
const LATENCY_MS = 100;

async function musicTable(services: TestServices, items: number, seed: number, size: 'mixed' | 'small') {
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items, seed, shape: { size, paddingBytes: 0 } });
  return address;
}

function writesOf({ statements }: CqlProxy): readonly ProxyStatement[] {
  return statements.filter(({ kind, text }) => kind === 'execute' && /^(INSERT|DELETE)\b/.test(text));
}

function alive(migrating: Messina): true {
  if (!migrating.running) throw new Error(`it has ended:\n${migrating.stderr}`);
  return true;
}

test.concurrent('a target that fails in every way ends equal, each record is counted once, and verify finds it so', async () => {
  const [items, operations] = [250, 200];
  await using services = await testServices();
  const address = await musicTable(services, items, 71, 'mixed');
  const { client, keyspace, contactPoint } = services.cassandra;
  // A table of the user's, with a column of their own.
  await client.execute(
    'CREATE TABLE songs (artist text, title text, year int, price decimal, tags frozen<set<text>>, "Revision" bigint, other frozen<map<text, text>>, mine int, PRIMARY KEY (artist, title))',
  );
  await using proxy = await CqlProxy.start(contactPoint);
  const all: readonly Fault[] = [
    ...[faults.overloaded, faults.rateLimit, faults.rateLimitOfOwnCode, faults.unavailable],
    ...[faults.timeoutAfterApply, faults.timeoutBeforeApply, faults.cutAfterApply, faults.cutBeforeApply],
    ...[faults.unprepared, late(1500), late(1500, 'cut'), slow(300)],
  ];
  await using file = await songsFile(services, songsMapping(layout), {
    target: { contactPoints: [proxy.contactPoint] },
  });
  await using migrating = new Messina(['migrate', file.path]);
  await using seen = await witness(file.path, 'Music');
  await until('rows are written', () => alive(migrating) && writesOf(proxy).length > 100);
  proxy.silence();
  const rules = all.map((fault) => proxy.faults.inject({ fault, probability: 0.05, count: 4 }));
  await until(
    'it writes over other connections',
    () => alive(migrating) && rules.some(({ hits }) => hits > 0),
  );
  await using workload = startWorkload({ ...address, items, seed: 72, rate: 100, hotKeys: 4, operations });
  await until('half is written', () => workload.counts().operations > operations / 2);
  proxy.cut();
  const { c, u, d } = (await workload.finished).byEffect;
  const changes = items + c + u + d;
  await until(
    'all is dealt with',
    async () => alive(migrating) && (await seen.look()).changesDone === changes,
  );
  migrating.kill('SIGTERM');
  await expectExit(migrating.ended, 0);
  await proxy.settled();
  expect(rules.map(({ hits }) => hits)).toEqual(rules.map(() => expect.toSatisfy((hits) => hits > 0)));
  await expectSameSongs(services, layout);
  const { tables } = await expectSums(file.path);
  expect(tables).toMatchObject([
    {
      snapshot: { written: items, deadLettered: 0 },
      changes: { written: changes, deadLettered: 0, byOperation: { c: items + c, u, d } },
      lastError: null,
    },
  ]);

  const altered = `ALTER TABLE "${keyspace}"."songs" WITH tombstone_gc = {'mode': 'disabled'}`;
  const texts = proxy.statements.map(({ text }) => text);
  expect(texts.filter((text) => /^(ALTER|CREATE)\b/.test(text))).toEqual([altered]);
  expect(await seen.restored()).toEqual({
    tombstone_gc: "{'mode': 'timeout', 'propagation_delay_in_seconds': '3600'}",
  });
  const reads = /^SELECT\b.*\bBYPASS CACHE$/;
  const readRules = [
    faults.overloaded,
    faults.rateLimitOfOwnCode,
    faults.unavailable,
    faults.cutBeforeApply,
  ].map((fault) => proxy.faults.next(fault, reads));
  await expectExit(messinaHere('verify', file.path), 0);
  expect(readRules.map(({ hits }) => hits)).toEqual([1, 1, 1, 1]);
});

test.concurrent('a target that throttles is written to more slowly until it does not, and one that is gone is waited for and told of', async () => {
  const items = 1500;
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items, seed: 73, shape: { size: 'small', paddingBytes: 0 } });
  // After the load: only rows of the snapshot are written, and all at once.
  await enableStream(address);
  await using proxy = await CqlProxy.start(services.cassandra.contactPoint);
  await using file = await songsFile(services, songsMapping(layout), {
    target: { contactPoints: [proxy.contactPoint] },
  });
  const writes = () => writesOf(proxy);
  let rule = proxy.faults.inject({ fault: slow(LATENCY_MS) });
  const instead = (fault: Fault) => {
    rule.remove();
    rule = proxy.faults.inject({ fault });
    return writes().length;
  };
  await using migrating = new Messina(['migrate', file.path]);
  await until('some rows are written', () => alive(migrating) && writes().length > 400);
  const most = (of: readonly ProxyStatement[]) => Math.max(...of.map(({ underWay }) => underWay));
  const throttled = instead({ ...faults.overloaded, latencyMs: LATENCY_MS });
  const before = most(writes().slice(0, throttled));
  expect(before).toBeGreaterThanOrEqual(48);
  const newest = () => writes().slice(throttled).slice(-10);
  await until('it writes more slowly', () => newest().length === 10 && most(newest()) < before / 6);
  const meanwhile = most(newest());
  const relieved = instead(slow(LATENCY_MS));
  await using seen = await witness(file.path, 'Music');
  await until('all is loaded', async () => alive(migrating) && (await seen.look()).rowsDone === items);
  expect(most(writes().slice(relieved))).toBeGreaterThan(meanwhile);

  rule.remove();
  await proxy.down();
  const Item = { ...keyOf(1), Year: { N: '2024' } };
  await services.source.client.send(new PutItemCommand({ TableName: 'Music', Item }));
  await services.source.client.send(new DeleteItemCommand({ TableName: 'Music', Key: keyOf(2) }));
  await until('the failure is told', async () => {
    await sleep(1000);
    const [table] = alive(migrating) && (await statusOf(file.path)).tables;
    return table?.lastError?.code === 'TARGET_UNREACHABLE';
  });
  await proxy.up();
  await until(
    'the changes are written',
    async () => alive(migrating) && (await seen.look()).changesDone === 2,
  );
  migrating.kill('SIGTERM');
  await expectExit(migrating.ended, 0);
  await expectSameSongs(services, layout);
  const { tables } = await expectSums(file.path);
  expect(tables).toMatchObject([{ lastError: null, changes: { written: 2 } }]);
});

/** As both servers say it: an invalid request, with a literal. */
const tooLarge: ErrorAnswer = {
  code: 0x2200,
  message: "Mutation of 16777300 bytes is too large for the maximum size of 16777216: 'a value'",
};

test.concurrent('a row that the server refuses halts its table or is set aside, and a version that is too far ahead halts it in any case', async () => {
  const items = 60;
  await using services = await testServices();
  await musicTable(services, items, 75, 'small');
  await using proxy = await CqlProxy.start(services.cassandra.contactPoint);
  const target = { contactPoints: [proxy.contactPoint] };
  await using file = await songsFile(services, songsMapping(layout), { target });
  const title = keyOf(7)['SongTitle']!.S!;
  proxy.faults.inject({ fault: { apply: 'never', answer: tooLarge }, value: title });
  const refused = await expectExit(messina('migrate', file.path), 1);
  expect(refused.stderr).toContain('RECORD_TOO_LARGE');
  expect(refused.stderr).toContain('16777216');
  expect(refused.stderr).not.toContain(title);
  expect(refused.stderr).not.toContain('a value');

  const rest = { deadLetters: { tolerance: 'all' } };
  await file.write(songsOptions(services, { target, rest }));
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  const { missing, different, extra } = await compareSongs(services, layout);
  expect({ missing: missing.length, different, extra }).toEqual({ missing: 1, different: [], extra: [] });
  const { groups } = await messinaJson<{ groups: object[] }>('dead-letters', file.path, 'list');
  expect(groups).toMatchObject([{ reason: 'RECORD_TOO_LARGE', letters: 2, retriable: true }]);
  expect((await expectSums(file.path)).tables).toMatchObject([
    { snapshot: { deadLettered: 1 }, changes: { deadLettered: 1 } },
  ]);
  proxy.faults.clear();
  await expectExit(messina('dead-letters', file.path, 'retry'), 0);
  await expectSameSongs(services, layout);

  const Item = { ...keyOf(1), Year: { N: '2024' } };
  await services.source.client.send(new PutItemCommand({ TableName: 'Music', Item }));
  const ahead = proxy.faults.next({ apply: 'never', answer: tooFarAhead });
  const halted = await expectExit(messina('migrate', file.path, '--until', 'ready'), 1);
  expect([halted.stderr, ahead.hits]).toEqual([expect.stringContaining('RECORD_VERSION'), 1]);

  // The clock of a machine that is days behind the source's.
  await expectExit(messinaHere('replay', file.path, '--yes'), 0);
  const sent = writesOf(proxy).length;
  const { stderr } = await expectExit(
    new Messina(['migrate', file.path, '--sinks-only', '--until', 'ready'], { NODE_OPTIONS: behind(4) })
      .ended,
    1,
  );
  expect(stderr).toContain('RECORD_VERSION');
  expect(stderr).toMatch(/version \d+ \(.*\), more than three days from now/);
  expect(writesOf(proxy).slice(sent)).toEqual([]);
});

/** Lets a process believe that it is some days earlier. */
function behind(days: number): string {
  const module = `const now = Date.now; Date.now = () => now() - ${days * 86_400_000};`;
  return `--import data:text/javascript,${encodeURIComponent(module)}`;
}
