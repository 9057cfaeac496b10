import {
  DeleteItemCommand,
  DescribeTableCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { enableStream } from '../../cli/demo/table-stream.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { compareTables, expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums } from './harness/sums.ts';

const ITEMS = 250;
const ready = ['--until', 'ready'];
/** `verify` looks again at what differs for about two lags. */
const quick = { ready: { lagSeconds: 2 } };

test('events alone: what changed is in the target, and nothing more is claimed', async () => {
  await using services = await testServices();
  const { source, target, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 51 });
  // Two tables that somebody has filled by hand before.
  for (const table of ['Kept', 'Refused']) {
    const copied = { ...address, endpoint: target.endpoint, table };
    await createMusicTable(copied);
    await loadItems({ ...copied, items: ITEMS, seed: 51 });
  }
  await enableStream(address);
  const workload = startWorkload({ ...address, items: ITEMS, seed: 52, rate: 200, operations: 200 });
  await workload.finished;
  const events = { tables: ['Music'], snapshot: { from: 'none' }, rest: quick };
  await using file = await migrationFile(services, events);

  expect(await messinaJson('plan', file.path)).toMatchObject({
    notClaimed: expect.stringContaining('events only'),
    tables: [{ coverage: { proven: false, from: null, exportTime: null }, estimate: null }],
    problems: [],
  });
  const ended = await expectExit(messina('migrate', file.path, ...ready, '--json'), 0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ phase: 'ready', ready: true });
  const sides = [
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  ] as const;
  const { missing, different, extra } = await compareTables(...sides);
  expect({ different, extra }).toEqual({ different: [], extra: [] });
  expect(missing.length).toBeGreaterThan(0);
  const { Count } = await target.client.send(new ScanCommand({ TableName: 'Music', Select: 'COUNT' }));
  const [status, verified, asked] = await Promise.all([
    expectSums(file.path),
    messinaJson('verify', file.path),
    expectExit(messinaHere('verify', file.path, '--against', 'source'), 3),
  ]);
  expect(status).toMatchObject({
    notClaimed: expect.stringContaining('events only'),
    tables: [{ coverage: { proven: false, from: null, exportTime: null }, snapshot: { published: 0 } }],
  });
  const { c, u, d } = status.tables[0]!.changes.byOperation;
  expect(c + u + d).toBeGreaterThanOrEqual(200 - (await workload.finished).byEffect.none);
  expect(verified).toMatchObject({ against: 'topics', equal: true, tables: [{ equal: Count }] });
  expect(asked.stdout).toMatch(/events only .* no coverage is claimed/);
  expect(asked.stdout).toContain(` ${missing.length} `);

  // Beside rows that were there before, it is what mends an older copy.
  await file.write({ ...events, target: { name: 'refused', tables: { Music: 'Refused' } } });
  const refused = await expectExit(messina('migrate', file.path, '--sinks-only', ...ready), 4);
  expect(refused.stderr).toContain('TARGET_NOT_EMPTY');
  await file.write({ ...events, target: { name: 'kept', existing: 'keep', tables: { Music: 'Kept' } } });
  await expectExit(messina('migrate', file.path, '--sinks-only', ...ready), 0);
  await expectEqualTables(sides[0], { client: target.client, table: 'Kept' });
  expect(await messinaJson('verify', file.path)).toMatchObject({
    equal: true,
    tables: [{ equal: Count, unknown: missing.length }],
  });
  const replayed = await expectExit(messinaHere('replay', file.path), 0);
  expect(replayed.stdout).toContain('moved back to the first change in the topics');
  await expectExit(messina('migrate', file.path, ...ready), 0);
  await expectEqualTables(sides[0], { client: target.client, table: 'Kept' });
  await expectSums(file.path);
});

test('a snapshot alone: a copy as of its time, which says so', async () => {
  await using services = await testServices();
  const { source, target, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 53 });
  const copy = { tables: ['Music'], source: { changes: 'none' }, rest: quick };
  await using file = await migrationFile(services, copy);

  expect(await messinaJson('plan', file.path)).toMatchObject({
    notClaimed: expect.stringContaining('a copy'),
    tables: [{ stream: { enable: false }, coverage: { proven: false, from: null } }],
    problems: [],
  });
  await expectExit(messina('migrate', file.path, ...ready), 0);
  const sides = [
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  ] as const;
  await expectEqualTables(...sides);
  const { Table } = await source.client.send(new DescribeTableCommand({ TableName: 'Music' }));
  expect(Table?.StreamSpecification?.StreamEnabled ?? false).toBe(false);
  const status = await expectSums(file.path);
  expect(status).toMatchObject({
    ready: true,
    notClaimed: expect.stringContaining('a copy'),
    tables: [
      {
        phase: 'ready',
        coverage: { proven: false, from: null, exportTime: expect.stringMatching(/Z$/) },
        snapshot: { files: 4, filesPublished: 4, published: ITEMS, written: ITEMS },
        changes: { published: 0, lagRecords: 0, lagSeconds: null },
      },
    ],
  });

  // The source goes on, and the copy does not.
  const { Items = [] } = await source.client.send(new ScanCommand({ TableName: 'Music', Limit: 2 }));
  const [gone, other] = Items.map(({ Artist, SongTitle }) => ({ Artist: Artist!, SongTitle: SongTitle! }));
  await source.client.send(new DeleteItemCommand({ TableName: 'Music', Key: gone! }));
  for (const key of [other!, { Artist: { S: 'new' }, SongTitle: { S: 'new' } }]) {
    await source.client.send(new PutItemCommand({ TableName: 'Music', Item: { ...key, Since: { N: '1' } } }));
  }
  const [differs, equal] = await Promise.all([
    expectExit(messinaHere('verify', file.path), 3),
    messinaJson('verify', file.path, '--against', 'topics'),
  ]);
  expect(differs.stdout).toMatch(/differs +251 +248 +1 +1 +1/);
  expect(differs.stdout).toMatch(/a copy .* such items differ here/);
  expect(equal).toMatchObject({
    equal: true,
    tables: [{ equal: ITEMS, sourceReadTo: expect.stringMatching(/Z$/) }],
  });

  // Without --until it stays, though nothing follows; another target is filled from the topics.
  await using staying = new Messina(['migrate', file.path]);
  await using again = await migrationFile(services, {
    ...copy,
    source: { changes: 'none', endpoint: 'http://127.0.0.1:9' },
    target: { name: 'second', tables: { Music: 'Music_2' } },
  });
  await expectExit(messina('migrate', again.path, '--sinks-only', '--until', 'loaded'), 0);
  await expectEqualTables(sides[1], { client: target.client, table: 'Music_2' });
  expect(staying.running).toBe(true);
  staying.kill('SIGINT');
  await expectExit(staying.ended, 0);
  await expectSums(again.path);

  // Its changes shall follow after all: those until now are not known, so a new snapshot is needed.
  await file.write({ tables: ['Music'], rest: quick });
  const changed = await expectExit(messina('migrate', file.path, ...ready), 4);
  expect(changed.stderr).toMatch(/SOURCE_MODE_CHANGED/);
  await expectExit(messina('migrate', file.path, '--new-snapshot', 'Music', ...ready), 0);
  await expectEqualTables(...sides);
  expect(await expectSums(file.path)).toMatchObject({
    notClaimed: null,
    tables: [{ coverage: { proven: true } }],
  });
});
