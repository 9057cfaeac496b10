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
import { compareSongs, type SongsFile, songsFile, songsMapping } from './harness/mapped-songs.ts';
import { expectExit, Messina, messina, messinaHere } from './harness/messina.ts';
import type { FileOptions } from './harness/migration-file.ts';
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
  const { stdout } = await expectExit(
    messinaHere('verify', file.path, '--json', '--show-keys', ...flags),
    code,
  );
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

test.concurrent('rows that were changed, removed or added by hand are mended while the application writes, over a kill', async () => {
  await using services = await testServices();
  const { source, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: TableName };
  await createMusicTable(address, {});
  await loadItems({ ...address, items: ITEMS, seed: 31 });
  await using front = await startDynamoDbFront(source.endpoint, withOlderStream);
  const options = { source: { endpoint: front.endpoint }, rest: { ready: { lagSeconds: 2 } } };
  await using file = await songsFile(services, songsMapping(SONGS), options);
  await using migrating = new Messina(['migrate', file.path]);
  await expectExit(messinaHere('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);

  const damaged = await damage(vandalOf(services, -STREAM_AGE_MS / 2));
  await using workload = startWorkload({ ...address, items: WRITTEN, seed: 32, rate: 20, hotKeys: 20 });
  await killWhileItMends(services, options);
  const mended = await expectExit(messinaHere('verify', file.path, '--repair', '--json'), 0);
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

/** Items that expire at some time, or never, and others. */
async function putExpiring({ source, credentials }: TestServices): Promise<void> {
  const address = { endpoint: source.endpoint, credentials, table: TableName };
  await createMusicTable(address, {});
  const nowSeconds = Math.floor(Date.now() / 1000);
  for (const [n, seconds] of [null, 100, -100, 90_000].entries()) {
    const values = { Price: { N: '9.5' }, Rating: { N: '0' }, Tags: { SS: ['b', 'a'] } };
    const expiry = seconds === null ? {} : { ExpiresAt: { N: String(nowSeconds + seconds) } };
    await source.client.send(new PutItemCommand({ TableName, Item: { ...keyOf(n), ...values, ...expiry } }));
  }
  await loadItems({ ...address, items: ITEMS - QUIET_FROM, from: QUIET_FROM, seed: 33 });
}

test.concurrent('what differs is found with its columns; what CQL holds in another form does not, and what expires is on neither side', async () => {
  await using services = await testServices();
  await putExpiring(services);
  const options = { source: { changes: 'none' }, rest: { ready: { lagSeconds: 2 } } };
  await using file = await songsFile(services, EXPIRING, options);
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  const { client } = services.cassandra;
  const { rows } = await client.execute('SELECT title, TTL(price) AS ttl FROM songs');
  const ttls = new Map(rows.map(({ title, ttl }): [string, number | null] => [title, ttl]));
  const [forever, soon, past, later] = [0, 1, 2, 3].map((n) => ttls.get(rowKey(n)[1]!));
  expect([forever, past]).toEqual([null, undefined]);
  expect(soon).toBeLessThanOrEqual(100);
  expect(later).toBeGreaterThan(89_000);

  const vandal = vandalOf(services, 0);
  await vandal.set(0, 'price', types.BigDecimal.fromString('9.500'));
  await vandal.set(0, 'rating', -0);
  await vandal.drop(1);
  const rowsLeft = ITEMS - QUIET_FROM + 2;
  const sides = ['source', 'topics'].map((side) => verified(file, 0, '--against', side));
  for (const table of await Promise.all(sides)) {
    expect(table).toMatchObject({ compared: rowsLeft, equal: rowsLeft });
  }
  await damage(vandalOf(services, 1));
  await vandalOf(services, 1).set(3, 'rating', Number.NaN);
  await expectFound(file, rowsLeft);
});

/** However it is asked for, with the names of the columns that differ. */
async function expectFound(file: SongsFile, rows: number): Promise<void> {
  const keys = join(file.directory, 'keys.jsonl');
  const named = [QUIET_FROM, QUIET_FROM + 5, QUIET_FROM + 40, 9000];
  await writeFile(keys, named.map((n) => JSON.stringify(keyOf(n))).join('\n'));
  const [all, some, sample] = await Promise.all([
    verified(file, 3),
    verified(file, 3, '--keys', keys),
    verified(file, 3, '--sample', '0.6', '--against', 'topics'),
  ]);
  const found = { compared: rows + 3, equal: rows - 14, missing: 5, different: 9, extra: 3 };
  expect(all).toMatchObject(found);
  const different = all.examples.filter(({ kind }) => kind === 'different');
  const columns = [...Array<string>(5).fill('price'), 'rating', ...Array<string>(3).fill('tags')];
  expect(different.map(({ attributes }) => attributes.join()).sort()).toEqual(columns);
  const extra = all.examples.filter(({ kind }) => kind === 'extra').map(({ key }) => JSON.stringify(key));
  expect(extra.sort()).toEqual([9000, 9001, 9002].map((n) => JSON.stringify(keyOf(n))).sort());
  expect(some).toMatchObject({ compared: 4, equal: 1, missing: 1, different: 1, extra: 1 });
  expect(sample.compared).toBeGreaterThan(rows / 4);
  expect(sample.compared).toBeLessThan(rows);
}
