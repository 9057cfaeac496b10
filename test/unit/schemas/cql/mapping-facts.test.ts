import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mappingOf } from './mapping-world.ts';

const base = {
  options: "comment = 'x'",
  types: '{place: {city: text, zip: int}}',
  key: '{partition: [Artist], clustering: [title]}',
  title: '{column: title, type: text, attribute: SongTitle}',
  price: '{column: price, type: decimal, attribute: Price}',
  rating: '{column: rating, type: double, attribute: Rating}',
  when: '{column: when, type: timestamp, attribute: When}',
  where: '{column: where, type: frozen<place>, attribute: Where}',
  leftovers: '{column: other}',
  ttl: '{attribute: Until}',
};
const fingerprint = (
  change: Partial<typeof base> = {},
  order = ['title', 'price', 'rating', 'when', 'where'],
) => {
  const parts: Record<string, string> = { ...base, ...change };
  return mappingOf(`
table: Music
into: {options: "${parts['options']}"}
types: ${parts['types']}
key: ${parts['key']}
columns: [${order.map((name) => parts[name]).join(', ')}]
leftovers: ${parts['leftovers']}
ttl: ${parts['ttl']}`).fingerprint;
};

describe('the fingerprint of a mapping', () => {
  test.each<[string, Partial<typeof base>]>([
    ['the name of a column', { price: '{column: cost, type: decimal, attribute: Price}' }],
    ['a type', { price: '{column: price, type: varint, attribute: Price}' }],
    ['an attribute', { price: '{column: price, type: decimal, attribute: Price.net}' }],
    ['what does not fit', { price: '{column: price, type: decimal, attribute: Price, onMismatch: null}' }],
    ['rounding', { rating: '{column: rating, type: double, attribute: Rating, lossy: true}' }],
    ['a unit', { when: '{column: when, type: timestamp, attribute: When, unit: seconds}' }],
    ['a field of a type', { types: '{place: {city: text, zip: bigint}}' }],
    ['the key', { key: '{partition: [title], clustering: [Artist]}' }],
    ['a clustering column that is none', { key: '{partition: [Artist, title]}' }],
    ['the leftovers', { leftovers: '{column: others}' }],
    ['leftovers that are dropped', { leftovers: 'drop', ttl: '{attribute: Price}' }],
    ['the time', { ttl: '{attribute: Till}' }],
    ['its unit', { ttl: '{attribute: Until, unit: milliseconds}' }],
    ['what has expired', { ttl: '{attribute: Until, expired: delete}' }],
  ])('changes with %s', (_, change) => {
    expect(fingerprint(change)).not.toBe(fingerprint());
  });

  test.each<[string, Partial<typeof base>]>([
    ['the options of the table', { options: "comment = 'y'" }],
    ['how a type is written', { where: "{column: where, type: 'FROZEN< place >', attribute: Where}" }],
    ['how an attribute is written', { price: "{column: price, type: decimal, attribute: '`Price`'}" }],
    [
      'a default that is written',
      {
        price: '{column: price, type: decimal, attribute: Price, onMismatch: leftovers, lossy: false}',
        when: '{column: when, type: timestamp, attribute: When, unit: milliseconds}',
        leftovers: "{column: other, type: 'frozen<map<text, text>>'}",
        ttl: '{attribute: Until, unit: seconds, expired: keep}',
      },
    ],
    [
      'how the type of the leftovers is written',
      { leftovers: "{column: other, type: 'Frozen<map<varchar,text>>'}" },
    ],
    ['a type that is not used', { types: '{place: {city: text, zip: int}, other: {a: int}}' }],
  ])('does not change with %s', (_, change) => {
    expect(fingerprint(change)).toBe(fingerprint());
  });

  test('does not change with the order of columns, nor of those that the file leaves out', () => {
    expect(fingerprint({}, ['where', 'when', 'rating', 'price', 'title'])).toBe(fingerprint());
  });

  test('changes with the order of columns within the key', () => {
    const either = { key: '{partition: [Artist, title]}' };
    expect(fingerprint({ key: '{partition: [title, Artist]}' })).not.toBe(fingerprint(either));
  });

  test('is a digest', () => {
    expect(fingerprint()).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('what a mapping loses', () => {
  const losses = (columns: string, rest = 'leftovers: {column: other}') =>
    mappingOf(`table: Music\ncolumns: [${columns}]\n${rest}`).losses;

  test.each<[string, readonly string[]]>([
    ['{column: c, type: decimal, attribute: C}', []],
    ['{column: c, type: double, attribute: C}', []],
    ['{column: c, type: text, attribute: C, as: json}', []],
    [
      '{column: c, type: float, attribute: C, lossy: true}',
      ['Column "c" (float) rounds numbers that it does not hold exactly.'],
    ],
    ['{column: c, type: uuid, attribute: C}', ['Column "c" (uuid) does not keep the letter case of a uuid.']],
    [
      '{column: c, type: frozen<list<inet>>, attribute: C}',
      ['Column "c" (frozen<list<inet>>) does not keep how an address was written.'],
    ],
    [
      '{column: c, type: timestamp, attribute: C}',
      [
        'Column "c" (timestamp) does not keep whether a time was a number or a text, nor the zone and digits of a text.',
      ],
    ],
    [
      '{column: c, type: int, attribute: C.D, onMismatch: null}',
      ['Column "c" (int) is null where "C.D" does not fit, as if the item did not have it.'],
    ],
    [
      '{column: c, type: int, attribute: C}, {column: OTHER, type: int, attribute: D}',
      [
        'Columns "OTHER" and "other" differ by letter case only: they must be quoted wherever they are named.',
      ],
    ],
    // A key that does not give the form back sets the item aside.
    ['{column: c, type: uuid, attribute: Artist}', []],
  ])('%s', (columns, expected) => {
    expect(losses(columns)).toEqual(expected);
  });

  test('are dropped attributes, items that are set aside, and keys that may meet', () => {
    expect(losses('', 'leftovers: drop')).toEqual([
      'Attributes that no column holds are dropped; they are counted.',
    ]);
    expect(losses('', 'leftovers: dead-letter')).toEqual([
      'An item with an attribute that no column holds is set aside as a whole.',
    ]);
    expect(losses('', 'leftovers: {column: other}\nkey: {partition: [SongTitle], unique: true}')).toEqual([
      'The key leaves the key attribute "Artist" out: two items with equal keys become one row, which verify finds.',
    ]);
  });

  test('is said of items that have expired', () => {
    const said = losses('', 'leftovers: {column: other}\nttl: {attribute: U, expired: delete}');
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('one whose time has passed is deleted');
  });
});

describe('the mappings that the documentation shows', () => {
  const root = new URL('../../../../', import.meta.url);
  const page = readFileSync(new URL('docs/cql.md', root), 'utf8');
  const blocks = [...page.matchAll(/^```yaml\n(table:.*?)^```/gms)].map(([, block = '']) => block);
  const example = readFileSync(new URL('examples/music.mapping.yaml', root), 'utf8').split(/^---$/m);

  test('can be run', () => {
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) expect(mappingOf(block).rekeyed).toBe(false);
    expect(mappingOf(example[0]!).table.name).toBe('songs');
    const orders = mappingOf(example[1]!, [{ name: 'OrderId', type: 'S' }]);
    expect(orders.rekeyed).toBe(true);
    expect(example).toHaveLength(2);
  });
});
