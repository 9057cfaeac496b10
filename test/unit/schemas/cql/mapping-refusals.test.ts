import { describe, expect, test } from 'vitest';
import { MappingError } from '../../../../schemas/cql/mapping-problem.ts';
import { mappingDocument } from '../../../../schemas/cql/mapping-schema.ts';
import { mappingOf, musicKey, problemsOf } from './mapping-world.ts';

type Case = readonly [document: string, path: string, message: string];

const artist = '{column: artist, type: text, attribute: Artist}';
const title = '{column: title, type: text, attribute: SongTitle}';
const genre = '{column: genre, type: text, attribute: Genre}';
const withColumns = (...columns: string[]) =>
  `{table: Music, leftovers: drop, columns: [${columns.join(', ')}]}`;
const withKey = (key: string, ...columns: string[]) =>
  `{table: Music, leftovers: drop, key: ${key}, columns: [${columns.join(', ')}]}`;
const withOptions = (options: string) =>
  `{table: Music, leftovers: drop, into: {options: ${JSON.stringify(options)}}}`;

const columnCases: readonly Case[] = [
  [withColumns(genre, genre), 'columns.1.column', 'is "genre", as that of a column before it'],
  [withColumns('{column: g, type: tekst, attribute: G}'), 'columns.0.type', 'is no CQL type'],
  [withColumns('{column: g, type: counter, attribute: G}'), 'columns.0.type', 'refused'],
  [withColumns('{column: g, type: text, attribute: a..b}'), 'columns.0.attribute', 'holds an empty name'],
  [
    withColumns('{column: g, type: text, attribute: Artist.name}'),
    'columns.0.attribute',
    'leads into the key attribute "Artist"',
  ],
  [withColumns('{column: g, type: int, attribute: G, unit: seconds}'), 'columns.0.unit', 'is for timestamps'],
  [
    withColumns('{column: g, type: int, attribute: G, lossy: true}'),
    'columns.0.lossy',
    'is for float and double',
  ],
  [withColumns('{column: g, type: ascii, attribute: G, as: json}'), 'columns.0.as', 'is for text columns'],
  [
    withColumns('{column: g, type: text, attribute: G, onMismatch: leftovers}'),
    'columns.0.onMismatch',
    'there is no leftovers column',
  ],
  [
    withColumns('{column: SongTitle, type: text, attribute: G}'),
    'columns.0.column',
    'is the name that the column of the key attribute "SongTitle" would have',
  ],
];

const keyCases: readonly Case[] = [
  [
    withKey('{partition: [artst], clustering: [title]}', artist, title),
    'key.partition.0',
    'names "artst", which is no column',
  ],
  [
    withKey('{partition: [artist], clustering: [title, artist]}', artist, title),
    'key.clustering.1',
    'names "artist" again',
  ],
  [
    withKey('{partition: [genre]}', genre, artist, title),
    'key',
    'leaves "Artist" and "SongTitle" of the source\'s key out',
  ],
  [
    withKey('{partition: [Artist], clustering: [SongTitle], unique: true}'),
    'key.unique',
    'is not needed: the key holds every key attribute',
  ],
  [
    withKey('{partition: [genre], clustering: [artist, title], unique: true}', genre, artist, title),
    'key.unique',
    'is not needed',
  ],
  [
    withKey('{partition: [genre], unique: true}', genre, artist),
    'key',
    'leaves "SongTitle" of the source\'s key in no column',
  ],
  [
    withKey(
      '{partition: [tags], clustering: [artist, title]}',
      '{column: tags, type: set<text>, attribute: T}',
      artist,
      title,
    ),
    'columns.0.type',
    'is set<text>, which no key column can be unless it is frozen',
  ],
  [
    withKey(
      '{partition: [genre], clustering: [artist, title]}',
      `{column: genre, type: text, attribute: G, onMismatch: 'null'}`,
      artist,
      title,
    ),
    'columns.0.onMismatch',
    'cannot be chosen for a column of the key',
  ],
  [
    withKey(
      '{partition: [n], clustering: [artist, title]}',
      '{column: n, type: double, attribute: N, lossy: true}',
      artist,
      title,
    ),
    'columns.0.lossy',
    'cannot be said of a column of the key',
  ],
  [
    withColumns('{column: artist, type: int, attribute: Artist}'),
    'columns.0.type',
    'is int, which cannot give the key attribute "Artist" (S) back',
  ],
  [
    withKey('{partition: [genre], unique: true}', genre, '{column: a, type: blob, attribute: Artist}', title),
    'columns.1.type',
    'is blob, which cannot give the key attribute "Artist" (S) back',
  ],
  [
    withKey(
      '{partition: [genre], unique: true}',
      genre,
      '{column: a, type: text, attribute: Artist, onMismatch: null}',
      title,
    ),
    'columns.1.onMismatch',
    'is null, but the column tells whose row it is',
  ],
];

const otherCases: readonly Case[] = [
  [
    "{table: Music, leftovers: {column: o, type: 'map<text, text>'}}",
    'leftovers.type',
    'an empty map that is not frozen is null',
  ],
  [
    '{table: Music, leftovers: {column: o, type: text}}',
    'leftovers.type',
    'is text, not frozen<map<text, text>>',
  ],
  ['{table: Music, leftovers: {column: o, type: txt}}', 'leftovers.type', 'is no CQL type'],
  ['{table: Music, leftovers: {column: Artist}}', 'leftovers.column', 'is "Artist", as another column'],
  ['{table: my-music, leftovers: drop}', 'table', 'which a CQL table cannot be called'],
  [withOptions("comment = 'a;b' ; DROP TABLE x"), 'into.options', 'holds a semicolon'],
  [withOptions('comment = 1 -- x'), 'into.options', 'the beginning of a comment'],
  [withOptions("comment = 'open"), 'into.options', 'holds a quote without its end'],
  [withOptions('WITH comment = 1'), 'into.options', 'begins with WITH'],
  [withOptions('GC_grace_seconds = 1'), 'into.options', 'sets how long tombstones live'],
  [withOptions("tombstone_gc = {'mode': 'repair'}"), 'into.options', 'sets how long tombstones live'],
  [withOptions('default_time_to_live = 60'), 'into.options', 'lets rows expire that the source keeps'],
  ['{table: Music, leftovers: drop, types: {t: {a: int, b: nope}}}', 'types.t.b', 'is no CQL type'],
  ['{table: Music, leftovers: drop, types: {t: {}}}', 'types.t', 'has no fields'],
  ['{table: Music, leftovers: drop, types: {t: {a: list<int>}}}', 'types.t.a', 'must be frozen'],
  [
    "{table: Music, leftovers: drop, columns: [{column: l, type: 'list<text>', attribute: L}]}",
    'columns.0.type',
    'is list<text>, whose elements would come twice',
  ],
  ['{table: Music, leftovers: drop, types: {t: {a: frozen<t>}}}', 'types.t.a', 'no CQL type'],
  ['{table: Music, leftovers: drop, ttl: {attribute: Until}}', 'ttl.attribute', 'which no column holds'],
  [
    '{table: Music, leftovers: drop, ttl: {attribute: U}, columns: [{column: u, type: text, attribute: U}]}',
    'ttl.attribute',
    'which no column holds as a number',
  ],
  ['{table: Music, leftovers: {column: o}, ttl: {attribute: a..b}}', 'ttl.attribute', 'holds an empty name'],
  [
    '{table: Music, leftovers: {column: o}, ttl: {attribute: U}, columns: [{column: u, type: timestamp, attribute: U}]}',
    'ttl.unit',
    'is seconds, but the column "u" counts the same numbers in milliseconds',
  ],
];

describe('a mapping is refused', () => {
  test.each([...columnCases, ...keyCases, ...otherCases])('%s: %s %s', (document, path, message) => {
    const problems = problemsOf(document);
    expect(problems.map((problem) => problem.path.join('.'))).toEqual([path]);
    expect(problems[0]?.message).toContain(message);
    expect(problems[0]?.remedy).toMatch(/^[A-Z].*\.$/);
  });

  test('with all that is wrong at once', () => {
    const problems = problemsOf(
      '{table: Music, columns: [{column: g, type: tekst, attribute: G}], key: {partition: [g], clustering: [x]}}',
    );
    expect(problems.map(({ path }) => path.join('.'))).toEqual(['columns.0.type', 'key.clustering.0']);
    const one = "{table: Music, leftovers: {column: o, type: 'map<text, text>'}}";
    expect(() => mappingOf(one)).toThrow(new MappingError('Music', problemsOf(one)).message);
  });
});

describe('what looks odd is taken', () => {
  test.each([
    withOptions("comment = 'a;b--c /* tombstone_gc' AND compaction = {'class': 'x'}"),
    withOptions("CLUSTERING ORDER BY (\"SongTitle\" DESC) AND caching = {'keys': 'ALL'}"),
    withColumns(genre, '{column: genre2, type: int, attribute: Genre}'),
    withColumns(genre, '{column: Genre, type: text, attribute: Genre2}'),
    withKey('{partition: [genre], clustering: [title, artist]}', genre, artist, title),
    "{table: Music, leftovers: {column: o, type: 'FROZEN< MAP <varchar,TEXT>>'}}",
    '{table: Music, leftovers: {column: o}, key: {partition: [g], unique: true}, columns: [{column: g, type: text, attribute: G}]}',
    '{table: Music, leftovers: {column: o}, ttl: {attribute: Meta.Until, unit: microseconds}}',
    '{table: Music, leftovers: drop, ttl: {attribute: U}, columns: [{column: u, type: text, attribute: U, as: json}]}',
  ])('%s', (document) => {
    expect(problemsOf(document)).toEqual([]);
  });

  test('a type that uses one declared behind it', () => {
    const mapping = mappingOf(
      '{table: Music, leftovers: drop, types: {a: {x: frozen<b>}, b: {y: int}, c: {z: int}}, columns: [{column: v, type: a, attribute: V}]}',
    );
    expect(mapping.table.types.map(({ name }) => name)).toEqual(['b', 'a']);
  });
});

describe('the file of a mapping', () => {
  test.each([
    ['{table: Music, leftover: drop}', 'leftover'],
    ['{table: Music, columns: [{column: a, type: int, attribute: A, onMismatch: ignore}]}', 'onMismatch'],
    ['{table: Music, into: {table: a-b}}', 'must be 1 to 192'],
    ['{table: Music, leftovers: {columns: a}}', 'column'],
    ['{table: Music, key: {partition: []}}', 'partition'],
  ])('is checked: %s', (text, named) => {
    expect(() => mappingOf(text, musicKey)).toThrow(named);
  });

  test('describes every key', () => {
    const undescribed: string[] = [];
    const visit = (shape: object, path: string): void => {
      if (
        !('description' in shape) &&
        !('anyOf' in shape) &&
        path.includes('.') &&
        !/\.(items|anyOf\.\d+)$/.test(path)
      )
        undescribed.push(path);
      if ('properties' in shape)
        for (const [name, child] of Object.entries(shape.properties as object))
          visit(child, `${path}.${name}`);
      if ('items' in shape) visit(shape.items as object, `${path}.items`);
      if ('anyOf' in shape)
        for (const [i, child] of (shape.anyOf as object[]).entries()) visit(child, `${path}.anyOf.${i}`);
      if ('additionalProperties' in shape && typeof shape.additionalProperties === 'object')
        visit(shape.additionalProperties as object, `${path}.*`);
    };
    visit(mappingDocument.toJSONSchema({ io: 'input' }), 'document');
    expect(undescribed).toEqual([]);
  });
});
