import { describe, expect, test } from 'vitest';
import type { TableFacts } from '../../../connectors/catalog-records.ts';
import { outcomeOf } from '../../../migration/plan/plan-transforms.ts';
import { transformProblems, transformsOf } from '../../../migration/transforms.ts';
import { rowRecord } from '../../../migration/verify/transformed.ts';
import { wireSink } from '../../../migration/wiring.ts';
import { Item } from '../../../schemas/item.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import { parse, validText } from './migration-text.ts';

const migrationOf = (...lines: readonly string[]) => parse(`${validText}${lines.join('\n')}\n`);

const facts = (table: string, ...names: readonly string[]) =>
  ({ table, keySchema: names.map((name) => ({ name, type: 'S' })) }) as unknown as TableFacts;

const music = facts('Music', 'Artist', 'SongTitle');

describe('a transform that touches a key attribute is refused, with its line', () => {
  test.each([
    ["{type: ReplaceField$Value, exclude: 'debug,SongTitle'}", 'exclude removes "SongTitle"'],
    ['{type: ReplaceField$Value, include: Artist}', 'include leaves out "SongTitle"'],
    ["{type: ReplaceField$Value, renames: 'Artist:Who'}", 'renames renames "Artist"'],
    ["{type: ReplaceField$Value, renames: 'Who:Artist'}", 'renames gives another field the name "Artist"'],
    ['{type: InsertField$Value, static.field: Artist, static.value: x}', 'static.field writes over "Artist"'],
    [
      '{type: InsertField$Value, static.field: Artist.x, static.value: x}',
      'static.field writes into "Artist"',
    ],
    ['{type: MaskField$Value, fields: Artist}', 'fields masks "Artist"'],
    ["{type: Cast$Value, spec: 'Artist:string'}", 'spec casts "Artist"'],
    ['{type: org.apache.kafka.connect.transforms.MaskField$Value, fields: Artist}', 'fields masks "Artist"'],
  ])('%s', (transform, expected) => {
    const migration = migrationOf('transforms:', '  - {type: Flatten$Value}', `  - ${transform}`);
    const problems = transformProblems(migration, [music]);
    expect(problems).toMatchObject([{ table: 'Music', error: { code: 'TRANSFORM_KEY', exit: 4 } }]);
    const name = /(\w+\$Value)/.exec(transform)?.[0];
    expect(problems[0]?.error.message).toBe(
      `${name} (transforms[1]), line 13 of music.yaml: ${expected}, a key attribute of table Music`,
    );
  });

  test.each([
    "{type: ReplaceField$Value, exclude: 'Artist.x,other'}",
    "{type: ReplaceField$Value, include: 'Artist,SongTitle'}",
    "{type: ReplaceField$Value, renames: 'm.Artist:Who,m.x:Artist'}",
    '{type: InsertField$Value, static.field: m.Artist, static.value: x}',
    "{type: MaskField$Value, fields: 'm.Artist'}",
    '{type: Flatten$Value}',
  ])('and none that does not: %s', (transform) => {
    expect(transformProblems(migrationOf('transforms:', `  - ${transform}`), [music])).toEqual([]);
  });

  test('for the tables it is for, each of them', () => {
    const lines = [
      'predicates: {isMusic: {type: TopicNameMatches, pattern: "music\\\\.Music\\\\..*"}}',
      'transforms:',
      '  - {type: MaskField$Value, fields: Artist, predicate: isMusic}',
    ];
    const tables = [music, facts('Songs', 'Artist')];
    const tablesOf = (migration: ReturnType<typeof migrationOf>) =>
      transformProblems(migration, tables).map(({ table }) => table);
    expect(tablesOf(migrationOf(...lines))).toEqual(['Music']);
    const negated = lines.map((line) => line.replace('isMusic}', 'isMusic, negate: true}'));
    expect(tablesOf(migrationOf(...negated))).toEqual(['Songs']);
    expect(tablesOf(migrationOf('transforms: [{type: MaskField$Value, fields: Artist}]'))).toEqual([
      'Music',
      'Songs',
    ]);
  });
});

test('a pattern that matches one of a table’s two topics is refused', () => {
  const migration = migrationOf(
    'predicates: {rows: {type: TopicNameMatches, pattern: ".*\\\\.snapshot"}}',
    'transforms: [{type: Filter, predicate: rows}]',
  );
  const [problem] = transformProblems(migration, [music]);
  expect(problem?.error).toMatchObject({
    code: 'TRANSFORM_TOPIC',
    message:
      'Filter (transforms[0]), line 12 of music.yaml: for table Music its pattern matches topic music.Music.snapshot and not music.Music.changes',
  });
});

test('the sink of a migration has the transforms of its file', async () => {
  const migration = migrationOf('transforms: [{type: Flatten$Value}, {type: MaskField$Value, fields: a}]');
  const sink = await wireSink(migration, ['Music']);
  expect(sink.transforms.map(({ name }) => name)).toEqual([
    'Flatten$Value (transforms[0])',
    'MaskField$Value (transforms[1])',
  ]);
});

test('a plan counts what becomes of items, and why some fail, without their values', () => {
  const transforms = transformsOf(
    migrationOf(
      'predicates: {isDraft: {type: FieldMatches, field: status, pattern: draft}}',
      'transforms: [{type: Filter, predicate: isDraft}, {type: Cast$Value, spec: "price:int32"}]',
    ),
  );
  const scanner = new ItemScanner(music.keySchema);
  const items = [
    { status: { S: 'draft' } },
    { status: { S: 'draft' }, price: { S: 'secret' } },
    { price: { S: 'secret' } },
    { price: { S: 'secret 2' } },
    { price: { N: '1.5' } },
    { price: { N: '1' } },
    { price: { S: '1' } },
    {},
  ].map((rest, i) => {
    const bytes = Buffer.from(JSON.stringify({ Artist: { S: 'a' }, SongTitle: { S: String(i) }, ...rest }));
    const { key, avro } = scanner.scan(bytes, 0, bytes.length);
    return rowRecord('Music', key, Item.fromAvro(avro));
  });
  const plan = outcomeOf(transforms, items);
  expect(plan).toEqual({
    sampled: 8,
    passed: 3,
    changed: 1,
    filtered: 2,
    failed: 3,
    reasons: [
      { reason: 'Cast$Value (transforms[1]): price, S to int32: the field is no number', items: 2 },
      {
        reason:
          'Cast$Value (transforms[1]): price, N to int32: the field has a value that it cannot hold exactly',
        items: 1,
      },
    ],
  });
});
