import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttributeValue, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import cassandra from 'cassandra-driver';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { loadMigration } from '../../migration/config/load.ts';
import { verify } from '../../migration/verify/verify.ts';
import { loadItems } from '../../workload/fill.ts';
import { keyOf } from '../../workload/keys.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import type { Answer } from '../alternator/answers.ts';
import { isObject } from '../alternator/json.ts';
import { slow } from '../cql/faults.ts';
import { CqlProxy } from '../cql-proxy.ts';
import { type TestServices, testServices } from '../services.ts';
import { startDynamoDbFront } from './harness/dynamodb-front.ts';
import { expectExit, Messina, messina } from './harness/messina.ts';
import type { FileOptions } from './harness/migration-file.ts';
import { compareSongs, type SongsFile, songsFile, songsMapping } from './harness/mapped-songs.ts';
import { until } from './kafka-testing.ts';

const { types } = cassandra;
const TableName = 'Music';
const ITEMS = 400;
/** The workload writes to keys below, and to a few beyond them. */
const WRITTEN = 300;
const QUIET_FROM = 350;
/** So long ago the stream was made, as far as the migration is told: writes of a while ago are no future then. */
const STREAM_AGE_MS = 600_000;
const SONGS = { table: 'songs' };

/** Makes streams older: a repair ranks below what may be captured yet, and above the rows of the first snapshot. */
function withOlderStream(operation: string, answer: Answer): Answer {
  const { StreamDescription: stream } = answer.body;
  if (operation !== 'DescribeStream' || !isObject(stream)) return answer;
  const created = Number(stream['CreationRequestDateTime']) - STREAM_AGE_MS / 1000;
  return {
    ...answer,
    body: { ...answer.body, StreamDescription: { ...stream, CreationRequestDateTime: created } },
  };
}

interface Table {
  readonly table: string;
  readonly compared: number;
  readonly equal: number;
  readonly missing: number;
  readonly different: number;
  readonly extra: number;
  readonly repaired?: number;
  readonly waiting?: number;
  readonly immovable?: number;
  readonly examples: readonly {
    readonly kind: string;
    readonly key: Record<string, AttributeValue>;
    readonly attributes: readonly string[];
  }[];
}

/** What `verify` says of the table, which ends with this exit code. */
async function verified(file: SongsFile, code: 0 | 3, ...flags: readonly string[]): Promise<Table> {
  const { stdout } = await expectExit(messina('verify', file.path, '--json', '--show-keys', ...flags), code);
  return (JSON.parse(stdout) as { tables: Table[] }).tables[0]!;
}

const rowKey = (n: number) => Object.values(keyOf(n)).map((value) => value.S ?? '');

/** Somebody's writes with a client of their own. */
interface Vandal {
  set(n: number, column: string, value: unknown): Promise<unknown>;
  drop(n: number): Promise<unknown>;
}

/** @param sinceNowMs how they are stamped; negative: before now */
function vandalOf({ cassandra: { client } }: TestServices, sinceNowMs: number): Vandal {
  const at = (Date.now() + sinceNowMs) * 1000;
  const run = (statement: string, ...values: unknown[]) =>
    client.execute(`${statement} WHERE artist = ? AND title = ?`, [at, ...values], { prepare: true });
  return {
    set: (n, column, value) => run(`UPDATE songs USING TIMESTAMP ? SET "${column}" = ?`, value, ...rowKey(n)),
    drop: (n) => run('DELETE FROM songs USING TIMESTAMP ?', ...rowKey(n)),
  };
}

/** Some rows are others, some are gone, and some nobody knows; @returns how many. */
async function damage(vandal: Vandal): Promise<number> {
  for (let n = 0; n < 5; n++) await vandal.drop(QUIET_FROM + n);
  for (let n = 5; n < 10; n++) await vandal.set(QUIET_FROM + n, 'price', 1.5 + n);
  for (let n = 10; n < 13; n++) await vandal.set(QUIET_FROM + n, 'tags', null);
  for (let n = 0; n < 3; n++) await vandal.set(9000 + n, 'other', { Ghost: '{"BOOL":true}' });
  return 5 + 5 + 3 + 3;
}

test('rows that were changed, removed or added by hand are found, and mended while the application writes, over a kill', async () => {
  await using services = await testServices();
  const { source, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: TableName };
  await createMusicTable(address, {});
  await loadItems({ ...address, items: ITEMS, seed: 31 });
  await using front = await startDynamoDbFront(source.endpoint, withOlderStream);
  const options = { source: { endpoint: front.endpoint }, rest: { ready: { lagSeconds: 2 } } };
  await using file = await songsFile(services, songsMapping(SONGS), options);
  const refused = await expectExit(messina('verify', file.path, '--repair'), 4);
  expect(refused.stderr).toContain('NOT_MIGRATED');
  await using migrating = new Messina(['migrate', file.path]);
  await expectExit(messina('status', file.path, '--wait', 'ready', '--timeout', '60'), 0);

  const damaged = await damage(vandalOf(services, -STREAM_AGE_MS / 2));
  await expectFound(file);

  await using workload = startWorkload({ ...address, items: WRITTEN, seed: 32, rate: 20, hotKeys: 20 });
  await killWhileItMends(services, options);
  const mended = await expectExit(messina('verify', file.path, '--repair', '--json'), 0);
  expect(mended.stderr).toContain('a repair was interrupted');
  const report = JSON.parse(mended.stdout);
  const nothingLeft = { missing: 0, different: 0, extra: 0, waiting: 0, immovable: 0, refused: 0 };
  expect(report).toMatchObject({ equal: true, tables: [nothingLeft] });
  const { repaired } = report.tables[0];
  expect(repaired).toBeGreaterThan(0);
  expect(repaired).toBeLessThanOrEqual(damaged);

  // Later changes of the mended keys win over what the repair has written.
  const later = (n: number) => ({ ...keyOf(QUIET_FROM + n), Price: { N: `${n}.25` }, Year: { N: '2000' } });
  for (const n of [0, 5]) await source.client.send(new PutItemCommand({ TableName, Item: later(n) }));
  await source.client.send(new DeleteItemCommand({ TableName, Key: keyOf(QUIET_FROM + 1) }));
  await workload.stop();
  const isEqual = async () => {
    const { missing, different, extra } = await compareSongs(services, SONGS);
    return missing.length + different.length + extra.length === 0;
  };
  await until('the last changes are written, and both sides are equal', isEqual);

  await expectImmovable(services, file);
  migrating.kill('SIGTERM');
  await expectExit(migrating.ended, 0);
});

/** All four ways to ask find it, and say which columns differ. */
async function expectFound(file: SongsFile): Promise<void> {
  const keys = join(file.directory, 'keys.jsonl');
  const named = [QUIET_FROM, QUIET_FROM + 5, QUIET_FROM + 40, 9000];
  await writeFile(keys, named.map((n) => JSON.stringify(keyOf(n))).join('\n'));
  const [all, topics, some, sample] = await Promise.all([
    verified(file, 3),
    verified(file, 3, '--against', 'topics'),
    verified(file, 3, '--keys', keys),
    verified(file, 3, '--sample', '0.5'),
  ]);
  const found = { compared: ITEMS + 3, equal: ITEMS - 13, missing: 5, different: 8, extra: 3 };
  expect(all).toMatchObject(found);
  expect(topics).toMatchObject(found);
  const different = all.examples.filter(({ kind }) => kind === 'different');
  expect(different.map(({ attributes }) => attributes.join()).sort()).toEqual([
    ...Array<string>(5).fill('price'),
    ...Array<string>(3).fill('tags'),
  ]);
  const extra = all.examples.filter(({ kind }) => kind === 'extra').map(({ key }) => JSON.stringify(key));
  expect(extra.sort()).toEqual([9000, 9001, 9002].map((n) => JSON.stringify(keyOf(n))).sort());
  expect(some).toMatchObject({ compared: 4, equal: 1, missing: 1, different: 1, extra: 1 });
  expect(sample.compared).toBeGreaterThan(ITEMS / 4);
  expect(sample.compared).toBeLessThan((ITEMS * 3) / 4);
}

/** Its writes are under way at the target then; the migration's go another way. */
async function killWhileItMends(services: TestServices, options: Partial<FileOptions>): Promise<void> {
  await using proxy = await CqlProxy.start(services.cassandra.contactPoint, { dialect: 'cassandra' });
  const target = { contactPoints: [proxy.contactPoint] };
  await using file = await songsFile(services, songsMapping(SONGS), { ...options, target });
  const slowly = proxy.faults.inject({ fault: slow(700) });
  await using killed = new Messina(['verify', file.path, '--repair']);
  await until('the first rows are being mended', () => slowly.hits > 0);
  killed.kill();
  await killed.ended;
}

/** What somebody has written with a time that is still to come, no repair can outrank. */
async function expectImmovable(services: TestServices, file: SongsFile): Promise<void> {
  const vandal = vandalOf(services, 24 * 3_600_000);
  await vandal.set(QUIET_FROM + 40, 'price', 77);
  await vandal.drop(QUIET_FROM + 41);
  const { tables } = await verify(await loadMigration(file.path, process.env), {
    against: 'source',
    tables: [],
    sampleFraction: 1,
    keysFile: null,
    showKeys: false,
    repair: { quietMs: 1000, patienceMs: 2000 },
    signal: AbortSignal.timeout(60_000),
    log: pino({ level: 'silent' }),
  });
  expect(tables).toMatchObject([{ missing: 1, different: 1, repaired: 0, waiting: 0, immovable: 2 }]);
}

const EXPIRING = {
  table: TableName,
  into: { table: 'songs' },
  columns: [
    { column: 'artist', type: 'text', attribute: 'Artist' },
    { column: 'title', type: 'text', attribute: 'SongTitle' },
    { column: 'price', type: 'decimal', attribute: 'Price' },
    { column: 'rating', type: 'double', attribute: 'Rating' },
    { column: 'tags', type: 'set<text>', attribute: 'Tags' },
  ],
  leftovers: { column: 'other' },
  ttl: { attribute: 'ExpiresAt', expired: 'delete' },
};

test('what CQL holds in another form is equal, and what expires is compared on neither side', async () => {
  await using services = await testServices();
  const { source, credentials } = services;
  await createMusicTable({ endpoint: source.endpoint, credentials, table: TableName }, {});
  const nowSeconds = Math.floor(Date.now() / 1000);
  const expiries = [null, nowSeconds + 100, nowSeconds - 100, nowSeconds + 90_000];
  for (const [n, expiresAt] of expiries.entries()) {
    const values = { Price: { N: '9.5' }, Rating: { N: '0' }, Tags: { SS: ['b', 'a'] } };
    const expiry = expiresAt === null ? {} : { ExpiresAt: { N: String(expiresAt) } };
    await source.client.send(new PutItemCommand({ TableName, Item: { ...keyOf(n), ...values, ...expiry } }));
  }
  await using file = await songsFile(services, EXPIRING, { source: { changes: 'none' } });
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  const { client } = services.cassandra;
  const { rows } = await client.execute('SELECT title, TTL(price) AS ttl FROM songs');
  const ttls = Object.fromEntries(rows.map(({ title, ttl }) => [title, ttl]));
  expect(ttls).toEqual({
    [rowKey(0)[1]!]: null,
    [rowKey(1)[1]!]: expect.any(Number),
    [rowKey(3)[1]!]: expect.any(Number),
  });
  expect(ttls[rowKey(1)[1]!]).toBeLessThanOrEqual(100);
  expect(ttls[rowKey(3)[1]!]).toBeGreaterThan(89_000);

  const vandal = vandalOf(services, 0);
  await vandal.set(0, 'price', types.BigDecimal.fromString('9.500'));
  await vandal.set(0, 'rating', -0);
  await vandal.drop(1);
  const sides = ['source', 'topics'].map((side) => verified(file, 0, '--against', side));
  for (const table of await Promise.all(sides)) expect(table).toMatchObject({ compared: 2, equal: 2 });
  await vandalOf(services, 1).set(0, 'rating', Number.NaN);
  const [example] = (await verified(file, 3)).examples;
  expect(example).toMatchObject({ kind: 'different', attributes: ['rating'] });
});
