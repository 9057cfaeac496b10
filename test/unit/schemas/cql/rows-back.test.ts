import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { itemKeyOf, keyValuesOf, rowKeyOf } from '../../../../schemas/cql/row-key.ts';
import { isUnmappable, type TableMapping } from '../../../../schemas/cql/table-mapping.ts';
import { CodecError } from '../../../../schemas/faults.ts';
import type { Item } from '../../../../schemas/item.ts';
import { decodeKey, encodeKey } from '../../../../schemas/key.ts';
import type { KeySchema } from '../../../../schemas/values.ts';
import { bound, columnsOf, itemOf, mappingOf, musicKey } from './mapping-world.ts';

const text = (S: string) => ({ S });
const genreFirst = `
table: Music
key: {partition: [genre], clustering: [Artist, SongTitle]}
columns: [{column: genre, type: text, attribute: Genre}]
leftovers: drop`;

describe('a row tells whose it is', () => {
  const keySchema: KeySchema = [
    { name: 'N', type: 'N' },
    { name: 'B', type: 'B' },
  ];
  const item = itemOf({ N: { N: '12.50' }, B: { B: 'AQI=' }, G: text('g') });
  const key = encodeKey(keySchema, item.attributes);

  test.each([
    ['by its key', '{table: T, leftovers: drop}'],
    [
      'by columns outside its key',
      '{table: T, leftovers: drop, key: {partition: [g], unique: true}, columns: [{column: g, type: text, attribute: G}, {column: n, type: decimal, attribute: N}, {column: b, type: blob, attribute: B}]}',
    ],
    [
      'by its leftovers',
      '{table: T, leftovers: {column: o}, key: {partition: [g], unique: true}, columns: [{column: g, type: text, attribute: G}]}',
    ],
    [
      'by a column where it fits, else by the leftovers',
      '{table: T, leftovers: {column: o}, key: {partition: [g], unique: true}, columns: [{column: g, type: text, attribute: G}, {column: n, type: int, attribute: N}]}',
    ],
    [
      'by a column of JSON',
      '{table: T, leftovers: drop, key: {partition: [g], unique: true}, columns: [{column: g, type: text, attribute: G}, {column: n, type: text, attribute: N, as: json}, {column: b, type: blob, attribute: B}]}',
    ],
  ])('%s', (_, document) => {
    const mapping = mappingOf(document, keySchema);
    const { values } = bound(mapping, item);
    expect(mapping.sourceKeyOf(values).equals(key)).toBe(true);
    expect(mapping.sourceKeyOf(mapping.canonical(values)).equals(key)).toBe(true);
  });

  test('by the leftovers, where its column would give another form back', () => {
    const mapping = mappingOf(
      '{table: T, leftovers: {column: o}, key: {partition: [g], unique: true}, columns: [{column: g, type: text, attribute: G}, {column: id, type: uuid, attribute: Id}]}',
      [{ name: 'Id', type: 'S' }],
    );
    const upper = itemOf({ G: text('g'), Id: text('8C6F1D1E-52EA-4D39-9E0B-5F6F6FD8A111') });
    const row = bound(mapping, upper);
    expect(row.values[1]).toBeNull();
    expect(
      mapping.sourceKeyOf(row.values).equals(encodeKey([{ name: 'Id', type: 'S' }], upper.attributes)),
    ).toBe(true);
  });

  test('and one that tells nothing is an error', () => {
    const mapping = mappingOf('{table: T, leftovers: drop}', keySchema);
    expect(() => mapping.sourceKeyOf([null, null])).toThrow(CodecError);
    const rest =
      '{table: T, leftovers: {column: o}, key: {partition: [g], unique: true}, columns: [{column: g, type: text, attribute: G}]}';
    expect(() => mappingOf(rest, keySchema).sourceKeyOf([Buffer.from('g'), null])).toThrow(CodecError);
    expect(() => mappingOf(rest, keySchema).sourceKeyOf([Buffer.from('g'), Buffer.alloc(4)])).toThrow(
      CodecError,
    );
  });
});

describe('what tells a row from others', () => {
  const rowKey = (mapping: TableMapping, item: Item) => {
    const values = mapping.bindKey(item);
    if (isUnmappable(values)) throw new Error(values.misfit.reason);
    return rowKeyOf(mapping, encodeKey(musicKey, item.attributes), values);
  };

  test('is the framed key where the table has the key of the source', () => {
    const mapping = mappingOf('{table: Music, leftovers: drop}');
    const item = itemOf({ Artist: text('a'), SongTitle: text('b') });
    const key = rowKey(mapping, item);
    expect(key.equals(encodeKey(musicKey, item.attributes))).toBe(true);
    expect(itemKeyOf(mapping, key)).toBe(key);
    expect(keyValuesOf(mapping, key)).toEqual([Buffer.from('a'), Buffer.from('b')]);
  });

  test('is also its place where that follows from other attributes', () => {
    const mapping = mappingOf(genreFirst);
    expect(mapping.rekeyed).toBe(true);
    const string = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(string, string, string, (artist, title, genre) => {
        const item = itemOf({ Artist: text(artist), SongTitle: text(title), Genre: text(genre) });
        const key = rowKey(mapping, item);
        expect(Object.fromEntries(decodeKey(itemKeyOf(mapping, key)))).toEqual({
          Artist: text(artist),
          SongTitle: text(title),
        });
        const places = keyValuesOf(mapping, key);
        expect(isUnmappable(places) ? [] : places.map(String)).toEqual([genre, artist, title]);
        const moved = itemOf({ Artist: text(artist), SongTitle: text(title), Genre: text(`${genre}x`) });
        expect(rowKey(mapping, moved).equals(key)).toBe(false);
        expect(itemKeyOf(mapping, rowKey(mapping, moved)).equals(itemKeyOf(mapping, key))).toBe(true);
      }),
    );
  });

  test('is laid out as length and bytes of each part', () => {
    const mapping = mappingOf(genreFirst);
    const key = rowKey(mapping, itemOf({ Artist: text('a'), SongTitle: text('bc'), Genre: text('d') }));
    const framed = itemKeyOf(mapping, key);
    expect(key.readUInt32BE(0)).toBe(framed.length);
    expect(key.subarray(4 + framed.length).toString('hex')).toBe('00000001640000000161000000026263');
  });
});

describe('a row expires', () => {
  const seconds = 1_800_000_000;
  const expiry = (document: string, json: object) => {
    const mapping = mappingOf(`{table: Music, ${document}}`);
    const row = bound(mapping, itemOf({ Artist: text('a'), SongTitle: text('b'), ...json }));
    expect(mapping.expiresAtOf(row.values)).toBe(row.expiresAt);
    expect(mapping.expiresAtOf(mapping.canonical(row.values))).toBe(row.expiresAt);
    return row.expiresAt;
  };
  const inLeftovers = 'leftovers: {column: o}, ttl: {attribute: U}';

  test.each<[string, string, object, number | null]>([
    ['by the leftovers', inLeftovers, { U: { N: `${seconds}` } }, seconds],
    ['never, without the attribute', inLeftovers, {}, null],
    ['never, by a text', inLeftovers, { U: text(`${seconds}`) }, null],
    ['never, by zero', inLeftovers, { U: { N: '0' } }, null],
    ['never, by less than zero', inLeftovers, { U: { N: '-5' } }, null],
    ['by a fraction, cut', inLeftovers, { U: { N: `${seconds}.9` } }, seconds],
    [
      'by milliseconds',
      'leftovers: {column: o}, ttl: {attribute: U, unit: milliseconds}',
      { U: { N: `${seconds}999` } },
      seconds,
    ],
    [
      'by microseconds',
      'leftovers: {column: o}, ttl: {attribute: U, unit: microseconds}',
      { U: { N: `${seconds}999999` } },
      seconds,
    ],
    [
      'by a path',
      'leftovers: {column: o}, ttl: {attribute: M.U}',
      { M: { M: { U: { N: `${seconds}` } } } },
      seconds,
    ],
    [
      'by a column',
      'leftovers: drop, ttl: {attribute: U}, columns: [{column: u, type: bigint, attribute: U}]',
      { U: { N: `${seconds}` } },
      seconds,
    ],
    [
      'by a timestamp',
      'leftovers: drop, ttl: {attribute: U}, columns: [{column: u, type: timestamp, attribute: U, unit: seconds}]',
      { U: { N: `${seconds}` } },
      seconds,
    ],
    [
      'by what did not fit its column',
      'leftovers: {column: o}, ttl: {attribute: U}, columns: [{column: u, type: int, attribute: U}]',
      { U: { N: `${seconds * 10}` } },
      seconds * 10,
    ],
    [
      'by a column of a part',
      'leftovers: drop, ttl: {attribute: M.U}, columns: [{column: u, type: bigint, attribute: M.U}]',
      { M: { M: { U: { N: `${seconds}` } } } },
      seconds,
    ],
    [
      'by a part of a column',
      "leftovers: drop, ttl: {attribute: M.U}, columns: [{column: m, type: 'frozen<map<text, bigint>>', attribute: M}]",
      { M: { M: { U: { N: `${seconds}` } } } },
      seconds,
    ],
  ])('%s', (_, document, json, expected) => {
    expect(expiry(document, json)).toBe(expected);
  });

  test('never, where somebody wrote something else into the leftovers', () => {
    const mapping = mappingOf(`{table: Music, ${inLeftovers}}`);
    const broken = Buffer.concat([
      Buffer.from('0000000100000001', 'hex'),
      Buffer.from('U'),
      Buffer.from('000000027b7d', 'hex'),
    ]);
    expect(mapping.expiresAtOf([Buffer.from('a'), Buffer.from('b'), broken])).toBeNull();
    expect(
      mapping.expiresAtOf([Buffer.from('a'), Buffer.from('b'), Buffer.from('0000000100000009', 'hex')]),
    ).toBeNull();
    expect(mapping.expiresAtOf([Buffer.from('a'), Buffer.from('b'), null])).toBeNull();
  });
});

describe('rows compare', () => {
  const mapping = mappingOf(`
table: Music
types: {place: {city: text, zip: int}}
columns:
  - {column: tags, type: set<text>, attribute: Tags}
  - {column: where, type: place, attribute: Where}
  - {column: list, type: 'frozen<list<text>>', attribute: List}
leftovers: {column: other}`);

  test('as a server tells them apart: nothing in a collection that is not frozen is null', () => {
    const empty = Buffer.alloc(4);
    const noFields = Buffer.from('ffffffffffffffff', 'hex');
    const city = Buffer.from('0000000161ffffffff', 'hex');
    const row = (where: Buffer) => [Buffer.from('a'), Buffer.from('b'), empty, where, empty, empty];
    expect(columnsOf(mapping).slice(2)).toEqual(['tags', 'where', 'list', 'other']);
    expect(mapping.canonical(row(noFields)).slice(2)).toEqual([null, null, empty, empty]);
    const emptyCity = Buffer.from('00000000ffffffff', 'hex');
    expect(mapping.canonical(row(city))[3]).toEqual(city);
    expect(mapping.canonical(row(emptyCity))[3]).toEqual(emptyCity);
  });

  test('as null where columns are null', () => {
    expect(mapping.canonical([Buffer.from('a'), null])).toEqual([Buffer.from('a'), null]);
  });
});
