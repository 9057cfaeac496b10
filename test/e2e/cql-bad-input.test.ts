import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { createMusicTable } from '../../workload/table.ts';
import { type TestServices, testServices } from '../services.ts';
import { errorBlock, sourceTable } from './harness/bad-case.ts';
import { expectExit, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { type FileOptions, type MigrationFile, migrationFile } from './harness/migration-file.ts';
import { recordsOf, withAdmin } from './harness/stock-kafka.ts';
import { expectSums } from './harness/sums.ts';

/** Stands where nobody may ever see it. */
const SECRET = 'hunter2-of-the-target';
/** In every value of an item: no message, log or header may hold it. */
const VALUE = 'a value of an item';

const FILE_WITH_FAULTS = `table: Music
colums: []
leftovers: {column: other}
---
table: Albums
columns:
  - {column: plays, type: counter, attribute: Plays}
  - {column: price, type: decimel, attribute: Price}
  - {column: tags, type: 'set<list<text>>', attribute: Tags}
  - {column: tags, type: text, attribute: Tags}
leftovers: {column: other}
---
table: Plays
into: {table: songs}
leftovers: drop
---
table: Plays
leftovers: drop
---
table: Users
into: {table: songs}
leftovers: drop
---
table: Ordres
leftovers: drop
`;

/** Text that must stand in the block, in this order. */
const FAULTS = [
  /:2:1 +colums is not a known key\n +→ Did you mean "columns"\?/,
  /:7:27 +columns\[0\]\.type .*counter/,
  /:8:27 +columns\[1\]\.type .*did you mean "decimal"\?/,
  /:9:26 +columns\[2\]\.type .*frozen/,
  /:10:14 +columns\[3\]\.column is "tags", as that of a column before it/,
  /:17:8 +table "Plays" is mapped twice \(first in line 13\)/,
  /:21:15 +into\.table "songs" is the CQL table of both Plays and Users/,
  /:24:8 +table "Ordres" is not among source\.tables\n +→ Did you mean "Orders"\?/,
];

async function cqlFile(
  services: TestServices,
  mapping: string,
  { target, ...options }: Partial<FileOptions> = {},
): Promise<MigrationFile> {
  const { contactPoint, keyspace } = services.cassandra;
  const file = await migrationFile(services, {
    tables: ['Music'],
    ...options,
    target: { type: 'cql', contactPoints: [contactPoint], keyspace, mapping: 'my.mapping.yaml', ...target },
  });
  await writeFile(join(file.directory, 'my.mapping.yaml'), mapping);
  return file;
}

/** Names of everything that a migration would make. */
async function everything({ kafka, name, cassandra: { client, keyspace } }: TestServices): Promise<string[]> {
  const topics = await withAdmin(kafka.bootstrap, (admin) => admin.listTopics());
  const tables = await client.execute(
    'SELECT table_name FROM system_schema.tables WHERE keyspace_name IN (?, ?)',
    [keyspace, `${keyspace}_pasted`],
  );
  return [
    ...topics.filter((topic) => topic.includes(name)),
    ...tables.rows.map((row) => String(row['table_name'])),
  ].sort();
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Both `plan` and `migrate` refuse it with the same words, and nothing is made. */
async function expectRefused(
  services: TestServices,
  file: MigrationFile,
  code: string,
  exit: 1 | 4,
): Promise<Problem> {
  const before = await everything(services);
  const [plan, migrate] = await Promise.all([
    expectExit(messinaHere('plan', file.path, '--json'), 4),
    expectExit(messina('migrate', file.path, '--until', 'loaded'), exit),
  ]);
  const { problems } = JSON.parse(plan.stdout) as { readonly problems: readonly Problem[] };
  expect(problems.map((problem) => problem.code)).toEqual([code]);
  const [problem] = problems;
  const block = errorBlock(migrate.stderr);
  expect(block).toContain(`(${code})`);
  expect(block).toContain(problem!.message);
  expect(block.trimEnd().split('\n').at(-1)).toMatch(/^ {2}→ \S.{15,}/);
  expect(plan.stdout + plan.stderr + migrate.stderr).not.toContain(SECRET);
  expect(await everything(services)).toEqual(before);
  return problem!;
}

describe('a mapping file', () => {
  test('is refused with the line of each fault, by plan and by migrate alike', async () => {
    await using services = await testServices();
    const tables = ['Music', 'Albums', 'Plays', 'Users', 'Orders'];
    await using file = await cqlFile(services, FILE_WITH_FAULTS, { tables });
    const [plan, migrate] = await Promise.all(
      [['plan'], ['migrate']].map((args) => expectExit(messina(...args, file.path), 2)),
    );
    const block = errorBlock(plan!.stderr);
    expect(errorBlock(migrate!.stderr)).toBe(block);
    expect(block).toContain(`my.mapping.yaml has ${FAULTS.length} problems (CONFIG_INVALID)`);
    for (const fault of FAULTS) expect(block).toMatch(fault);
    expect(await everything(services)).toEqual([]);
  });

  test('that does not fit the keys of the table is refused with the line', async () => {
    await using services = await testServices();
    await createMusicTable(sourceTable(services));
    const column = '  - {column: title, type: int, attribute: SongTitle}';
    const key = 'key: {partition: [artist], clustering: [titel]}';
    await using file = await cqlFile(
      services,
      `table: Music\ncolumns:\n${column}\n  - {column: artist, type: text, attribute: Artist}\n${key}\nleftovers: drop\n`,
      { source: { changes: 'none' } },
    );
    const { stderr } = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 4);
    expect(errorBlock(stderr)).toMatch(
      /my\.mapping\.yaml:5 {2}key\.clustering\[0\] names "titel", which is no column/,
    );
    expect(await everything(services)).toEqual([]);
  });
});

test('a cluster that does not fit is refused with what to do, and nothing is made', async () => {
  await using services = await testServices();
  await createMusicTable(sourceTable(services));
  const { client, keyspace } = services.cassandra;
  const open = (target: object) =>
    cqlFile(services, 'table: Music\nleftovers: {column: other}\n', { source: { changes: 'none' }, target });
  const [port] = await freePorts(1);
  await using nobody = await open({ contactPoints: [`127.0.0.1:${port}`], username: 'u', password: SECRET });
  const unreachable = await expectRefused(services, nobody, 'TARGET_UNREACHABLE', 1);
  expect(unreachable.message).toContain(`127.0.0.1:${port}`);

  await using elsewhere = await open({ localDataCenter: 'dc9' });
  const { message } = await expectRefused(services, elsewhere, 'TARGET_DATACENTER', 4);
  expect(message).toMatch(/"dc9".*"datacenter1"/);

  await using unmade = await open({ keyspace: `${keyspace}_pasted` });
  const missing = await expectRefused(services, unmade, 'TARGET_KEYSPACE_MISSING', 4);
  await client.execute(/CREATE KEYSPACE .*;/.exec(missing.message)![0]);
  expect((await messinaJson<{ problems: Problem[] }>('plan', unmade.path)).problems).toEqual([]);

  await client.execute('CREATE TABLE "Music" ("Artist" text PRIMARY KEY, "SongTitle" int, other text)');
  await using differing = await open({});
  const schema = await expectRefused(services, differing, 'TARGET_SCHEMA', 4);
  expect(schema.message).toMatch(
    /clustering key is .*column "other" is text, the mapping makes it frozen<map/,
  );

  await client.execute('DROP TABLE "Music"');
  const columns = '"Artist" text, "SongTitle" text, other frozen<map<text, text>>';
  await client.execute(`CREATE TABLE "Music" (${columns}, PRIMARY KEY ("Artist", "SongTitle"))`);
  await client.execute(`INSERT INTO "Music" ("Artist", "SongTitle") VALUES ('a', 'b')`);
  const rows = await expectRefused(services, differing, 'TARGET_NOT_EMPTY', 4);
  expect(rows.remedy).toContain('existing: keep');
});

const RECORDS_MAPPING = `table: Music
into: {table: songs}
key: {partition: [label], clustering: [year, artist, title]}
columns:
  - {column: label, type: text, attribute: Label}
  - {column: year, type: int, attribute: Year}
  - {column: artist, type: text, attribute: Artist}
  - {column: title, type: text, attribute: SongTitle}
  - {column: plays, type: smallint, attribute: Plays, onMismatch: dead-letter}
  - {column: rating, type: float, attribute: Rating, onMismatch: 'null'}
  - {column: tags, type: set<text>, attribute: Tags, onMismatch: dead-letter}
  - {column: price, type: decimal, attribute: Price}
leftovers: {column: other}
`;

interface BadRecord {
  readonly column: string;
  readonly says: RegExp;
  /** Null: the item has no such attribute. */
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
}

const huge = VALUE.padEnd(65_536, 'x');

const BAD_RECORDS: readonly BadRecord[] = [
  { column: 'label', says: /is missing, and the column is part of the key/, attributes: { Label: null } },
  { column: 'label', says: /is NULL/, attributes: { Label: { NULL: true } } },
  { column: 'label', says: /is empty/, attributes: { Label: { S: '' } } },
  { column: 'label', says: /is oversize: a key has 65535 bytes/, attributes: { Label: { S: huge } } },
  { column: 'label', says: /is L/, attributes: { Label: { L: [{ S: VALUE }] } } },
  { column: 'year', says: /is outside the range of int/, attributes: { Year: { N: '2147483648' } } },
  { column: 'year', says: /is no integer/, attributes: { Year: { N: '1999.5' } } },
  { column: 'plays', says: /is outside the range of smallint/, attributes: { Plays: { N: '-32769' } } },
  { column: 'plays', says: /is S/, attributes: { Plays: { S: VALUE } } },
  {
    column: 'tags',
    says: /holds an element of more than 65535 bytes/,
    attributes: { Tags: { SS: ['a', huge] } },
  },
];

const GOOD: Readonly<Record<string, AttributeValue>> = {
  Label: { S: VALUE },
  Year: { N: '1999' },
  Plays: { N: '32767' },
  Rating: { N: '0.1' },
  Price: { N: '9.50' },
};

/** Each with its number as the title: those that fit, and the bad ones behind them. */
async function putRecords({ source }: TestServices): Promise<void> {
  const misfits = { Price: { S: VALUE }, Rating: { N: '0.12345678901' } };
  const all = [{}, misfits, ...BAD_RECORDS.map(({ attributes }) => attributes)];
  for (const [n, attributes] of all.entries()) {
    const values: Record<string, AttributeValue | null> = {
      ...GOOD,
      ...attributes,
      Artist: { S: VALUE },
      SongTitle: { S: String(n) },
    };
    const present = Object.entries(values).filter((entry): entry is [string, AttributeValue] => !!entry[1]);
    await source.client.send(new PutItemCommand({ TableName: 'Music', Item: Object.fromEntries(present) }));
  }
}

test('items that no row can be made of are counted by plan, halt the load by name, and are set aside if so wished', async () => {
  await using services = await testServices();
  await createMusicTable(sourceTable(services), { stream: 'NEW_AND_OLD_IMAGES' });
  await putRecords(services);
  await using file = await cqlFile(services, RECORDS_MAPPING);
  const bad = BAD_RECORDS.length;

  const plan = await expectExit(messinaHere('plan', file.path), 4);
  expect(plan.stdout).toContain(
    `of ${bad + 2} items tried, from the source: 1 fit their columns, 1 written with values that do not, ${bad} cannot be written`,
  );
  expect(plan.stdout).toContain(
    '1 × column "price" goes to the leftovers: the attribute is S, the column decimal',
  );
  expect(plan.stdout).toContain('1 × column "rating" becomes null: the attribute is not exact as float');
  for (const { column, says } of BAD_RECORDS)
    expect(plan.stdout).toMatch(
      new RegExp(`× column "${column}" cannot be written: the attribute ${says.source}`),
    );
  expect(plan.stdout).toContain('(RECORD_UNMAPPABLE)');

  const halted = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 1);
  expect(errorBlock(halted.stderr)).toMatch(/Column "(label|year|plays|tags)" of "songs": the attribute /);
  expect(errorBlock(halted.stderr)).toContain('(RECORD_UNMAPPABLE)');

  const { contactPoint, keyspace } = services.cassandra;
  const target = { type: 'cql', contactPoints: [contactPoint], keyspace, mapping: 'my.mapping.yaml' };
  await file.write({ tables: ['Music'], target, rest: { deadLetters: { tolerance: 'all' } } });
  const loaded = await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  expect([plan.stdout, halted.stderr, loaded.stderr].join('\n')).not.toContain(VALUE);
  await expectSetAside(services, file, bad);
});

async function expectSetAside(services: TestServices, file: MigrationFile, bad: number): Promise<void> {
  const [table] = (await expectSums(file.path)).tables;
  expect(table?.snapshot).toMatchObject({ written: 2, deadLettered: bad });
  const letters = await recordsOf(services.kafka.bootstrap, `${services.name}.dead-letters`);
  const said = letters.map(({ headers }) => String(headers?.['__connect.errors.exception.message']));
  for (const { column, says } of BAD_RECORDS) {
    const words = new RegExp(`^Column "${column}" of "songs": the attribute .*${says.source}`);
    expect(said.filter((message) => words.test(message))).not.toEqual([]);
  }
  for (const { headers } of letters) {
    expect(String(headers?.['__connect.errors.exception.class.name'])).toBe('RECORD_UNMAPPABLE');
    expect(Object.values(headers ?? {}).join('\n')).not.toContain(VALUE);
  }
  const { rows } = await services.cassandra.client.execute('SELECT title, price, rating, other FROM songs');
  const found = rows.map(({ title, price, rating, other }) => ({
    title,
    price: price === null ? null : String(price),
    rating,
    other,
  }));
  expect(found.sort((a, b) => a.title.localeCompare(b.title))).toEqual([
    { title: '0', price: '9.5', rating: Math.fround(0.1), other: {} },
    { title: '1', price: null, rating: null, other: { Price: JSON.stringify({ S: VALUE }) } },
  ]);
}
