import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { createMusicTable } from '../../workload/table.ts';
import { type TestServices, testServices } from '../services.ts';
import { expectExit, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { type MigrationFile, migrationFile } from './harness/migration-file.ts';

interface PlannedTable {
  readonly target: { readonly table: string; readonly exists: boolean | null; readonly statements: string[] };
  readonly mapping: { readonly place: string; readonly trial: object };
}

interface Planned {
  readonly tables: readonly PlannedTable[];
  readonly problems: readonly { readonly code: string; readonly message: string; readonly remedy: string }[];
}

const MAPPING = `table: Music
into: {table: songs}
key: {partition: [label], clustering: [artist, title]}
types: {prize: {name: text, year: int}}
columns:
  - {column: label, type: text, attribute: Label}
  - {column: artist, type: text, attribute: Artist}
  - {column: title, type: text, attribute: SongTitle}
  - {column: price, type: decimal, attribute: Price}
  - {column: Prize, type: frozen<prize>, attribute: Prize}
leftovers: {column: other}
`;

const ITEMS = [
  { Label: { S: 'a' }, Price: { N: '9.50' }, Prize: { M: { name: { S: 'x' }, year: { N: '1999' } } } },
  { Label: { S: 'b' }, Price: { S: 'free' } },
  { Price: { N: '1' } },
];

async function musicTable(
  { source, credentials, region }: TestServices,
  stream: 'NEW_IMAGE' | 'NEW_AND_OLD_IMAGES',
) {
  await createMusicTable({ endpoint: source.endpoint, credentials, region, table: 'Music' }, { stream });
  for (const [i, item] of ITEMS.entries()) {
    const key = { Artist: { S: 'artist' }, SongTitle: { S: String(i) } };
    await source.client.send(new PutItemCommand({ TableName: 'Music', Item: { ...key, ...item } }));
  }
}

async function cqlFile(
  services: TestServices,
  keyspace = services.cassandra.keyspace,
): Promise<MigrationFile> {
  const { contactPoint } = services.cassandra;
  const file = await migrationFile(services, {
    tables: ['Music'],
    target: { type: 'cql', contactPoints: [contactPoint], keyspace, mapping: 'music.mapping.yaml' },
    rest: { deadLetters: { tolerance: 'all' } },
  });
  await writeMapping(file, MAPPING);
  return file;
}

const writeMapping = ({ directory }: MigrationFile, text: string) =>
  writeFile(join(directory, 'music.mapping.yaml'), text);

/** A plan that has problems is a result all the same. */
async function planned(file: MigrationFile): Promise<Planned> {
  const { stdout } = await expectExit(messinaHere('plan', file.path, '--json'), 4);
  return JSON.parse(stdout) as Planned;
}

test('a plan shows the statements, which can be executed as they stand, and how items fare; touching nothing', async () => {
  await using services = await testServices();
  await musicTable(services, 'NEW_AND_OLD_IMAGES');
  await using file = await cqlFile(services);
  const { client, keyspace } = services.cassandra;

  const [table] = (await messinaJson<Planned>('plan', file.path)).tables;
  expect(table).toMatchObject({
    target: { table: `${keyspace}.songs`, exists: false },
    mapping: {
      place: join(file.directory, 'music.mapping.yaml:1'),
      rekeyed: true,
      trial: { from: 'source', sampled: 3, mapped: 1, misfitting: 1, deadLettered: 1 },
    },
  });
  const tables = () =>
    client.execute('SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?', [keyspace]);
  expect((await tables()).rows).toEqual([]);
  const statements = table?.target.statements ?? [];
  expect(statements).toHaveLength(3);
  for (const statement of statements) await client.execute(statement);
  const again = await messinaJson<Planned>('plan', file.path);
  expect(again.tables[0]?.target).toMatchObject({ exists: true, statements: [] });
  expect((await messinaHere('plan', file.path)).stdout).toContain('  mapping   ');

  // Another mapping, and a table that is there.
  await writeMapping(file, MAPPING.replace('price, type: decimal', 'price, type: text'));
  expect((await planned(file)).problems).toMatchObject([
    { code: 'TARGET_SCHEMA', message: expect.stringContaining('price') },
  ]);
});

test('what is wrong with mapping, keyspace and stream is refused by plan and by migrate, with nothing created', async () => {
  await using services = await testServices();
  await musicTable(services, 'NEW_IMAGE');
  await using file = await cqlFile(services);
  expect((await planned(file)).problems.map(({ code }) => code)).toEqual(['SOURCE_STREAM_UNSUITABLE']);
  const refused = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 4);
  expect(refused.stderr).toContain('SOURCE_STREAM_UNSUITABLE');

  await writeMapping(file, MAPPING.replace('[artist, title]', '[artist]'));
  const [problem] = (await planned(file)).problems;
  expect(problem).toMatchObject({
    code: 'TARGET_MAPPING',
    message: expect.stringMatching(/music\.mapping\.yaml:3 {2}key .*"SongTitle"/),
  });
  const unfit = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 4);
  expect(unfit.stderr).toContain('music.mapping.yaml:3');

  await using elsewhere = await cqlFile(services, `${services.name}_missing`);
  await writeMapping(elsewhere, 'table: Music\nleftovers: {column: other}\n');
  const missing = await planned(elsewhere);
  expect(missing.problems).toMatchObject([
    { code: 'TARGET_KEYSPACE_MISSING', message: expect.stringContaining('CREATE KEYSPACE') },
  ]);
  expect(missing.tables[0]?.target.statements[0]).toContain('CREATE TABLE');
  // No topic was made: the migration has not begun.
  const status = await expectExit(messinaHere('status', file.path), 4);
  expect(status.stderr).toContain('NOT_MIGRATED');
});
