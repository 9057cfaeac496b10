import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TableFacts } from '../../../connectors/catalog-records.ts';
import { ConfigError } from '../../../connectors/config/errors.ts';
import { chainOf } from '../../../connectors/transforms/chain.ts';
import { loadMigration } from '../../../migration/config/load.ts';
import { transformProblems, transformsOf } from '../../../migration/transforms.ts';
import { expectedItem, rowRecord } from '../../../migration/verify/transformed.ts';
import { wireSink } from '../../../migration/wiring.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { Item } from '../../../schemas/item.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import { validText } from './migration-text.ts';

const music = { table: 'Music', keySchema: [{ name: 'Artist', type: 'S' }] } as unknown as TableFacts;

/** A folder with a migration file in it. */
async function migrationFolder(...lines: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'messina-migration-'));
  const file = join(folder, 'music.yaml');
  await writeFile(file, `${validText}transforms:\n${lines.map((line) => `  - ${line}\n`).join('')}`);
  return {
    load: () => loadMigration(file, {}),
    script: (text: string) => writeFile(join(folder, 'shape.mjs'), text),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
    },
  };
}

function rowOf(json: object): ChangeRecord {
  const bytes = Buffer.from(JSON.stringify({ Artist: { S: 'a' }, ...json }));
  const { key, avro } = new ItemScanner(music.keySchema).scan(bytes, 0, bytes.length);
  return rowRecord('Music', key, Item.fromAvro(avro));
}

describe('verify expects what the sink writes', () => {
  const script = 'export default (item) => (item.gone ? null : { ...item, n: { N: "1" } });';
  test.each<[string, object]>([
    ['{type: HoistField$Value, field: all}', { Artist: { S: 'a' }, all: expect.anything() }],
    ['{type: ExtractField$Value, field: m}', { Artist: { S: 'a' }, x: { N: '5' } }],
    [
      "{type: TimestampConverter$Value, field: at, target.type: string, format: 'yyyy'}",
      { at: { S: '1970' } },
    ],
    ['{type: HeaderFrom$Value, fields: at, headers: h, operation: move}', { m: expect.anything() }],
    ['{type: Script, module: ./shape.mjs}', { n: { N: '1' } }],
  ])('of %s', async (line, expected) => {
    await using folder = await migrationFolder(line);
    await folder.script(script);
    const migration = await folder.load();
    expect(transformProblems(migration, [music])).toEqual([]);
    const sink = await wireSink(migration, ['Music']);
    const row = rowOf({ at: { N: '0' }, m: { M: { x: { N: '5' } } } });
    const change: ChangeRecord = { ...row, op: 'u', version: 9, before: row.after };
    const { item, certain } = expectedItem(row, transformsOf(migration));
    const written = sink.transforms[0]?.apply(change);
    expect(certain && written?.after?.equals(item!)).toBe(true);
    expect(written?.before?.equals(item!)).toBe(true);
    expect(JSON.parse(String(item?.json))).toMatchObject(expected);
  });
});

test('of an item of which no bytes can be made, verify knows no more than the sink, which sets it aside', () => {
  const half = { type: 'MaskField$Value', fields: 'at', replacement: '\ud800' };
  const row = rowOf({ at: { S: 'x' } });
  const transforms = chainOf([half], {}, { topicsOf: () => [] });
  expect(expectedItem(row, transforms)).toEqual({ item: row.after, certain: false });
});

describe('a script of a migration file', () => {
  test('is found beside the file, and called with its table', async () => {
    await using folder = await migrationFolder('{type: Script, module: shape.mjs}');
    await folder.script('export default (item, { table }) => ({ ...item, t: { S: table } });');
    const [transform] = transformsOf(await folder.load());
    expect(transform?.apply(rowOf({}))?.after?.attributes.get('t')).toEqual({ S: 'Music' });
  });

  test.each<[string, string | null, string]>([
    ['is not there', null, 'names a script that cannot be read (ENOENT)'],
    ['is wrong', 'export default 1;', 'names a script without a default export that is a function'],
  ])('that %s is told by its line', async (_, text, message) => {
    await using folder = await migrationFolder(
      '{type: Flatten$Value}',
      '{type: Script, module: ./shape.mjs}',
    );
    if (text !== null) await folder.script(text);
    const error: unknown = await folder.load().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems).toMatchObject([
      { line: 13, column: 28, key: 'transforms[1].module', message },
    ]);
  });
});

describe('a key attribute', () => {
  test.each([
    ['{type: HoistField$Value, field: Artist}', 'field writes over "Artist"'],
    ['{type: ExtractField$Value, field: Artist.x}', 'field takes for a map "Artist"'],
    ['{type: TimestampConverter$Value, field: Artist, target.type: unix}', 'field converts "Artist"'],
    [
      "{type: HeaderFrom$Value, fields: 'a,Artist', headers: 'h,i', operation: move}",
      'fields moves "Artist"',
    ],
  ])('is refused to %s', async (line, message) => {
    await using folder = await migrationFolder(line);
    expect(transformProblems(await folder.load(), [music])).toMatchObject([
      { error: { code: 'TRANSFORM_KEY', message: expect.stringContaining(message) } },
    ]);
  });

  test('may be named where it only is copied', async () => {
    await using folder = await migrationFolder(
      '{type: HeaderFrom$Value, fields: Artist, headers: h, operation: copy}',
    );
    expect(transformProblems(await folder.load(), [music])).toEqual([]);
  });
});
