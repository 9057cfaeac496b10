import cassandra from 'cassandra-driver';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../../../schemas/cql/compile.ts';
import { typeText } from '../../../../schemas/cql/parse-type.ts';
import { encodeKey } from '../../../../schemas/key.ts';
import {
  bound,
  byColumn,
  columnsOf,
  itemOf,
  mappingOf,
  musicKey,
  problemsOf,
  refused,
  textMap,
} from './mapping-world.ts';

const driver = cassandra.types.dataTypes;
const oracle = new (
  cassandra as unknown as {
    Encoder: new (version: number, options: object) => { decode(bytes: Buffer, type: object): unknown };
  }
).Encoder(4, {});
const decoded = (bytes: Buffer | null | undefined, code: number, info?: object) =>
  bytes == null ? null : oracle.decode(bytes, { code, info });

const music = `
table: Music
into: {table: songs, options: "compaction = {'class': 'LeveledCompactionStrategy'}"}
key: {partition: [artist], clustering: [title]}
columns:
  - {column: artist, type: text,      attribute: Artist}
  - {column: title,  type: text,      attribute: SongTitle}
  - {column: price,  type: decimal,   attribute: Price, onMismatch: leftovers}
  - {column: year,   type: int,       attribute: Awards.Year}
  - {column: tags,   type: 'frozen<set<text>>', attribute: Tags}
leftovers: {column: other, type: 'frozen<map<text, text>>'}
ttl: {attribute: ExpiresAt, unit: seconds, expired: keep}
`;

describe('a mapping file', () => {
  const mapping = mappingOf(music);

  test('becomes a table', () => {
    const { table } = mapping;
    const texts = (columns: typeof table.columns) =>
      columns.map(({ name, type }) => `${name} ${typeText(type)}`);
    expect(table.name).toBe('songs');
    expect(table.options).toBe("compaction = {'class': 'LeveledCompactionStrategy'}");
    expect(texts(table.partitionKey)).toEqual(['artist text']);
    expect(texts(table.clusteringKey)).toEqual(['title text']);
    expect(texts(table.columns)).toEqual([
      'price decimal',
      'year int',
      'tags frozen<set<text>>',
      'other frozen<map<text, text>>',
    ]);
    expect(mapping.rekeyed).toBe(false);
    expect(mapping.expired).toBe('keep');
  });

  test('makes a row of an item, which a driver reads', () => {
    const row = bound(
      mapping,
      itemOf({
        Artist: { S: 'Nina' },
        SongTitle: { S: 'Sinnerman' },
        Price: { N: '9.50' },
        Awards: { M: { Year: { N: '1965' } } },
        Tags: { SS: ['jazz', 'soul'] },
        ExpiresAt: { N: '1800000000' },
        Seen: { BOOL: true },
      }),
    );
    const { artist, title, price, year, tags, other } = byColumn(mapping, row);
    expect(decoded(artist, driver.text)).toBe('Nina');
    expect(decoded(title, driver.text)).toBe('Sinnerman');
    expect(String(decoded(price, driver.decimal))).toBe('9.5');
    expect(decoded(year, driver.int)).toBe(1965);
    expect(decoded(tags, driver.set, { code: driver.text })).toEqual(['jazz', 'soul']);
    expect(decoded(other, driver.map, [{ code: driver.text }, { code: driver.text }])).toEqual({
      ExpiresAt: '{"N":"1800000000"}',
      Seen: '{"BOOL":true}',
    });
    expect(row).toMatchObject({ expiresAt: 1_800_000_000, dropped: 0, misfits: [] });
  });

  test('has null for what an item lacks, and an empty map where nothing is left over', () => {
    const row = bound(mapping, itemOf({ Artist: { S: 'Nina' }, SongTitle: { S: 'Feeling Good' } }));
    expect(row.values.slice(2)).toEqual([null, null, null, Buffer.alloc(4)]);
    expect(row.expiresAt).toBeNull();
  });

  test('makes another row and key for each item: values of one are not those of the next', () => {
    const first = bound(mapping, itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' }, X: { S: 'y' } }));
    const kept = first.values.map((value) => value && Buffer.from(value));
    bound(mapping, itemOf({ Artist: { S: 'c' }, SongTitle: { S: 'd' }, X: { S: 'z' } }));
    expect(first.values).toEqual(kept);
  });

  test('finds the key by itself, and its columns from the framed key', () => {
    const item = itemOf({ SongTitle: { S: 'b' }, Price: { S: 'no' }, Artist: { S: 'a' } });
    const key = [Buffer.from('a'), Buffer.from('b')];
    expect(mapping.bindKey(item)).toEqual(key);
    expect(mapping.keyOf(encodeKey(musicKey, item.attributes))).toEqual(key);
    expect(mapping.sourceKeyOf(bound(mapping, item).values)).toEqual(encodeKey(musicKey, item.attributes));
  });

  test('says what it loses', () => {
    expect(mapping.losses).toEqual([
      'Rows expire by "ExpiresAt" (seconds); an item without a number above 0 there never does, and one whose time has passed is written without TTL.',
    ]);
  });
});

describe('a key', () => {
  test('is that of the source where the file says none, and its columns may be left out', () => {
    const mapping = mappingOf(
      '{table: Music, leftovers: drop, columns: [{column: t, type: text, attribute: SongTitle}]}',
    );
    expect(columnsOf(mapping)).toEqual(['Artist', 't']);
    expect(mapping.rekeyed).toBe(false);
  });

  test('of numbers and bytes is decimal and blob', () => {
    const { table } = mappingOf('{table: Music, leftovers: drop}', [
      { name: 'n', type: 'N' },
      { name: 'b', type: 'B' },
    ]);
    expect([...table.partitionKey, ...table.clusteringKey].map(({ type }) => typeText(type))).toEqual([
      'decimal',
      'blob',
    ]);
  });

  test('with the key attributes in other places is still that of the source', () => {
    const swapped = mappingOf(
      '{table: Music, leftovers: drop, key: {partition: [SongTitle], clustering: [Artist]}}',
    );
    expect(swapped.rekeyed).toBe(false);
    const item = itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' } });
    expect(swapped.keyOf(encodeKey(musicKey, item.attributes))).toEqual([Buffer.from('b'), Buffer.from('a')]);
    expect(mappingOf('{table: Music, leftovers: drop, key: {partition: [Artist, SongTitle]}}').rekeyed).toBe(
      false,
    );
  });

  test('that is missing, empty or too long sets the item aside', () => {
    const mapping = mappingOf(`
table: Music
key: {partition: [g], clustering: [Artist, SongTitle]}
columns: [{column: g, type: text, attribute: Genre}]
leftovers: drop`);
    const item = (genre: object) => itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' }, ...genre });
    expect(mapping.rekeyed).toBe(true);
    for (const of of [
      (json: object) => mapping.bind(item(json)),
      (json: object) => mapping.bindKey(item(json)),
    ]) {
      expect(refused(of({}))).toBe('g is missing, and the column is part of the key');
      expect(refused(of({ Genre: { S: '' } }))).toBe(
        'g is empty, which a partition key of one column cannot be',
      );
      expect(refused(of({ Genre: { NULL: true } }))).toBe('g is NULL, the column text');
      expect(refused(of({ Genre: { S: 'x'.repeat(65_536) } }))).toBe(
        'g is oversize: a key has 65535 bytes at most',
      );
    }
    bound(mapping, item({ Genre: { S: 'x'.repeat(65_535) } }));
  });

  test('of several columns counts them together', () => {
    const mapping = mappingOf(`
table: Music
key: {partition: [Artist, SongTitle, g], clustering: [h, i]}
columns: [{column: g, type: text, attribute: G}, {column: h, type: text, attribute: H}, {column: i, type: text, attribute: I}]
leftovers: drop`);
    const row = (g: number, h: number) =>
      mapping.bind(
        itemOf({
          Artist: { S: 'a' },
          SongTitle: { S: 'b' },
          G: { S: 'x'.repeat(g) },
          H: { S: 'x'.repeat(h) },
          I: { S: 'x' },
        }),
      );
    expect(refused(row(65_525, 0))).toBe(
      'g is oversize with the columns before it: a key has 65535 bytes at most',
    );
    expect(refused(row(0, 65_535))).toBe(
      'i is oversize with the columns before it: a key has 65535 bytes at most',
    );
    expect(row(65_524, 65_534)).toHaveProperty('values');
    expect(row(0, 0)).toHaveProperty('values');
  });

  test('gives back the very value that it was made of, or the item is set aside', () => {
    const mapping = mappingOf(
      '{table: T, leftovers: drop, columns: [{column: id, type: uuid, attribute: Id}]}',
      [{ name: 'Id', type: 'S' }],
    );
    const id = '8c6f1d1e-52ea-4d39-9e0b-5f6f6fd8a111';
    const item = itemOf({ Id: { S: id } });
    expect(mapping.sourceKeyOf(bound(mapping, item).values)).toEqual(
      encodeKey([{ name: 'Id', type: 'S' }], item.attributes),
    );
    expect(refused(mapping.bind(itemOf({ Id: { S: id.toUpperCase() } })))).toBe(
      'id is in a form that the column does not give back, as the key of an item must be',
    );
  });

  test('is made of the columns that give the key attributes back, where several hold them', () => {
    const columns = '{column: b, type: date, attribute: Id}, {column: a, type: text, attribute: Id}';
    const document = (list: string) => `{table: T, leftovers: drop, columns: [${list}]}`;
    expect(columnsOf(mappingOf(document(columns), [{ name: 'Id', type: 'S' }]))[0]).toBe('b');
    const useless = '{column: b, type: blob, attribute: Id}, {column: a, type: text, attribute: Id}';
    expect(columnsOf(mappingOf(document(useless), [{ name: 'Id', type: 'S' }]))[0]).toBe('a');
    const rounded =
      '{column: b, type: double, attribute: Id, lossy: true}, {column: a, type: int, attribute: Id}';
    expect(columnsOf(mappingOf(document(rounded), [{ name: 'Id', type: 'N' }]))[0]).toBe('a');
  });

  test('never goes to the leftovers, where there is that column', () => {
    const mapping = mappingOf('{table: Music, leftovers: {column: o}}');
    expect(refused(mapping.bind(itemOf({ Artist: { S: 'a' }, SongTitle: { N: '1' } })))).toBe(
      'SongTitle is N, the column text',
    );
  });

  test('without all key attributes of the source is another key', () => {
    expect(
      mappingOf('{table: Music, leftovers: {column: o}, key: {partition: [Artist], unique: true}}').rekeyed,
    ).toBe(true);
  });

  test('of another table than the source’s needs not keep every form, if equal values have equal bytes', () => {
    const mapping = mappingOf(`
table: Music
key: {partition: [at], clustering: [Artist, SongTitle]}
columns: [{column: at, type: timestamp, attribute: Plays.Last}]
leftovers: drop`);
    const key = (Last: object) =>
      mapping.bindKey(itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' }, Plays: { M: { Last } } }));
    expect(key({ S: '2024-01-01T00:00:00Z' })).toEqual(key({ N: '1704067200000' }));
    expect(key({ S: '2024-01-01T01:00:00.000+01:00' })).toEqual(key({ N: '1704067200000' }));
  });

  test('that is a set has equal bytes for equal sets', () => {
    const mapping = mappingOf(`
table: Music
key: {partition: [tags], clustering: [Artist, SongTitle]}
columns: [{column: tags, type: 'frozen<set<text>>', attribute: Tags}]
leftovers: drop`);
    const key = (SS: string[]) =>
      mapping.bindKey(itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' }, Tags: { SS } }));
    expect(key(['x', 'y'])).toEqual(key(['y', 'x']));
    expect(key(['x', 'y'])).not.toEqual(key(['x', 'z']));
  });
});

describe('the default layout', () => {
  const facts = { table: 'Music', keySchema: musicKey };

  test('keeps names, and all other attributes as DynamoDB JSON', () => {
    const mapping = compileMapping(null, facts);
    expect(mapping.table.name).toBe('Music');
    expect(columnsOf(mapping)).toEqual(['Artist', 'SongTitle', 'attributes']);
    expect(mapping.losses).toEqual([]);
    const row = bound(
      mapping,
      itemOf({ Price: { N: '1' }, Artist: { S: 'a' }, SongTitle: { S: 'b' }, Blob: { B: 'AQI=' } }),
    );
    expect(textMap(row.values[2])).toEqual({ Price: '{"N":"1"}', Blob: '{"B":"AQI="}' });
  });

  test('is what its own document says', () => {
    const written = "{table: Music, leftovers: {column: attributes, type: 'frozen<map<text, text>>'}}";
    expect(mappingOf(written).fingerprint).toBe(compileMapping(null, facts).fingerprint);
  });

  test('cannot be had for some tables, which a mapping file can map', () => {
    expect(() => compileMapping(null, { ...facts, table: 'a-b.c' })).toThrow(
      'The mapping of table a-b.c is wrong: has a name that a CQL table cannot have',
    );
    expect(() =>
      compileMapping(null, { table: 'T', keySchema: [{ name: 'attributes', type: 'S' }] }),
    ).toThrow('has a key attribute called "attributes", like the column for all others');
    expect(problemsOf('{table: a-b.c, into: {table: a_b_c}, leftovers: drop}')).toEqual([]);
  });
});
