import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AttributePath, parsePath } from '../../../../schemas/attribute-path.ts';
import { compileMapping } from '../../../../schemas/cql/compile.ts';
import { mappingDocument } from '../../../../schemas/cql/mapping-schema.ts';
import type { TableMapping } from '../../../../schemas/cql/table-mapping.ts';
import type { ValueCodec } from '../../../../schemas/cql/value-codec.ts';
import { encodeAttributes } from '../../../../schemas/encode.ts';
import { CodecError } from '../../../../schemas/faults.ts';
import { Item } from '../../../../schemas/item.ts';
import type { Attributes, AttributeValue } from '../../../../schemas/values.ts';
import { attributesFromJson } from '../../../attributes-from-json.ts';
import { attributes, names, values } from '../../../conformance/arbitraries.ts';
import { toForeignAvro } from '../writers.ts';
import { codec } from './codecs.ts';
import { bound, byColumn, itemOf, mappingOf, refused, textMap } from './mapping-world.ts';

/** Types that keep every form of what they hold. */
const exactTypes = [
  'text',
  'ascii',
  'bigint',
  'varint',
  'decimal',
  'double',
  'boolean',
  'blob',
  'frozen<list<decimal>>',
  'frozen<list<text>>',
  'set<blob>',
  'frozen<set<decimal>>',
  'map<text, text>',
  'frozen<map<text, frozen<list<decimal>>>>',
  'frozen<tuple<text, decimal>>',
];
const RUNS = { numRuns: 60 };
const roots = ['a', 'b', 'c.d', 'naïve'];
const inner = ['x', 'y'];

/** Values that lie where the paths of the columns lead. */
const nested = fc.oneof(
  values,
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...inner), values), { maxLength: 2, selector: ([name]) => name })
    .map((members): AttributeValue => ({ M: new Map(members) })),
  fc.array(values, { maxLength: 3 }).map((L): AttributeValue => ({ L })),
);
const items: fc.Arbitrary<Attributes> = fc
  .tuple(
    attributes,
    fc.uniqueArray(fc.tuple(fc.constantFrom(...roots), nested), { maxLength: 4, selector: ([name]) => name }),
    fc.string({ minLength: 1 }),
  )
  .map(([others, mapped, key]) => new Map([...others, ...mapped, ['k', { S: key }]]));

const quotedStep = (name: string) => `\`${name.replace(/[`\\]/g, '\\$&')}\``;
const step = fc.oneof(
  fc.constantFrom(...inner).map((name) => `.${name}`),
  fc.nat(2).map((i) => `[${i}]`),
  names.filter((name) => name !== '').map((name) => `.${quotedStep(name)}`),
);
const column = fc
  .record({
    root: fc.constantFrom(...roots),
    steps: fc.array(step, { maxLength: 2 }),
    type: fc.oneof(fc.constant('json'), fc.constantFrom(...exactTypes)),
  })
  .map(({ root, steps, type }) => ({ attribute: quotedStep(root) + steps.join(''), type }));

interface Made {
  readonly mapping: TableMapping;
  /** Of the columns in the order of the values, the leftovers apart. */
  readonly columns: readonly { readonly path: AttributePath; readonly codec: ValueCodec }[];
}

const mappings: fc.Arbitrary<Made> = fc.array(column, { maxLength: 7 }).map((columns) => {
  const written = columns.map(({ attribute, type }, i) => ({
    column: `c${i}`,
    attribute,
    ...(type === 'json' ? { type: 'text', as: 'json' } : { type }),
  }));
  const document = mappingDocument.parse({ table: 'T', columns: written, leftovers: { column: 'rest' } });
  const mapping = compileMapping(document, { table: 'T', keySchema: [{ name: 'k', type: 'S' }] });
  const key = { path: ['k'] as const, codec: codec('text') };
  const others = columns.map(({ attribute, type }) => ({
    path: parsePath(attribute),
    codec: type === 'json' ? codec('text', { json: true }) : codec(type),
  }));
  return { mapping, columns: [key, ...others] };
});

interface Place {
  readonly parts: Map<string | number, Place>;
  value: AttributeValue | null;
}

/** The item that a row was made of, from its columns and leftovers alone. */
function itemBack(columns: Made['columns'], row: readonly (Buffer | null)[]): Attributes {
  const root: Place = { parts: new Map(), value: null };
  columns.forEach(({ path, codec }, i) => {
    const bytes = row[i] ?? null;
    if (bytes === null) return;
    let place = root;
    for (const one of path) {
      const next: Place = place.parts.get(one) ?? { parts: new Map(), value: null };
      place.parts.set(one, next);
      place = next;
    }
    place.value = codec.decode(bytes);
  });
  const back = new Map<string, AttributeValue>();
  for (const [name, place] of root.parts) back.set(String(name), valueBack(place));
  for (const [name, json] of Object.entries(textMap(row[columns.length]))) {
    back.set(name, valueOfJson(json));
  }
  return back;
}

function valueBack({ value, parts }: Place): AttributeValue {
  if (value !== null) return value;
  const steps = [...parts];
  if (steps.every(([one]) => typeof one === 'number')) {
    const elements = steps.sort(([a], [b]) => Number(a) - Number(b));
    return { L: elements.map(([, place]) => valueBack(place)) };
  }
  return { M: new Map(steps.map(([name, place]) => [String(name), valueBack(place)])) };
}

const valueOfJson = (json: string): AttributeValue =>
  attributesFromJson({ v: JSON.parse(json) as unknown }).get('v')!;

describe('leftovers', () => {
  test('and columns together give every item back, whatever the mapping', () => {
    fc.assert(
      fc.property(mappings, fc.array(items, { maxLength: 4 }), ({ mapping, columns }, all) => {
        expect(mapping.losses).toEqual([]);
        for (const item of all.map((one) => Item.fromAttributes(one))) {
          const back = Item.fromAttributes(itemBack(columns, bound(mapping, item).values));
          expect(back.equals(item)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('and columns are the same from any legal Avro', () => {
    fc.assert(
      fc.property(mappings, items, fc.integer({ min: 1 }), ({ mapping }, attributesOf, seed) => {
        const row = (avro: Buffer) => {
          const { values, misfits } = bound(mapping, Item.fromAvro(avro));
          return [hexOf(values), misfits.map(({ column, misfit }) => column + misfit.reason)];
        };
        expect(row(toForeignAvro(attributesOf, seed))).toEqual(row(encodeAttributes(attributesOf)));
      }),
      RUNS,
    );
  });

  test('compare equal for equal items, in whatever order they come', () => {
    fc.assert(
      fc.property(mappings, items, ({ mapping }, attributesOf) => {
        const row = (of: Attributes) => mapping.canonical(bound(mapping, Item.fromAttributes(of)).values);
        const once = row(attributesOf);
        expect(hexOf(row(turned(attributesOf)))).toEqual(hexOf(once));
        expect(hexOf(mapping.canonical(once))).toEqual(hexOf(once));
      }),
      RUNS,
    );
  });

  const mapping = mappingOf(`
table: Music
columns: [{column: year, type: int, attribute: Awards.Year}, {column: first, type: text, attribute: 'Plays[0]'}]
leftovers: {column: rest}`);
  const rest = (json: object) => {
    const row = bound(mapping, itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' }, ...json }));
    const { year, first, rest: left } = byColumn(mapping, row);
    return { year: year?.readInt32BE() ?? null, first: first?.toString() ?? null, rest: textMap(left) };
  };

  test.each<[string, object, object]>([
    ['no part', {}, { year: null, first: null, rest: {} }],
    ['just the parts', { Awards: { M: { Year: { N: '7' } } } }, { year: 7, first: null, rest: {} }],
    [
      'another part',
      { Awards: { M: { Year: { N: '7' }, By: { S: 'x' } } } },
      { year: 7, first: null, rest: { Awards: '{"M":{"Year":{"N":"7"},"By":{"S":"x"}}}' } },
    ],
    ['an empty map', { Awards: { M: {} } }, { year: null, first: null, rest: { Awards: '{"M":{}}' } }],
    ['no map', { Awards: { S: 'x' } }, { year: null, first: null, rest: { Awards: '{"S":"x"}' } }],
    [
      'a part that does not fit',
      { Awards: { M: { Year: { S: 'x' } } } },
      { year: null, first: null, rest: { Awards: '{"M":{"Year":{"S":"x"}}}' } },
    ],
    ['one element', { Plays: { L: [{ S: 'x' }] } }, { year: null, first: 'x', rest: {} }],
    [
      'more elements',
      { Plays: { L: [{ S: 'x' }, { S: 'y' }] } },
      { year: null, first: 'x', rest: { Plays: '{"L":[{"S":"x"},{"S":"y"}]}' } },
    ],
    ['an empty list', { Plays: { L: [] } }, { year: null, first: null, rest: { Plays: '{"L":[]}' } }],
  ])('hold an attribute of which columns hold parts as a whole, unless it has %s', (_, json, expected) => {
    expect(rest(json)).toEqual(expected);
  });

  test('do not hold again what a column holds as a whole, though others hold parts of it', () => {
    const whole = mappingOf(`
table: Music
columns: [{column: year, type: int, attribute: Awards.Year}, {column: awards, type: text, attribute: Awards, as: json}]
leftovers: {column: rest}`);
    const json = { M: { Year: { N: '7' }, By: { S: 'x' } } };
    const row = byColumn(
      whole,
      bound(whole, itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' }, Awards: json })),
    );
    expect(row['year']?.readInt32BE()).toBe(7);
    expect(JSON.parse(String(row['awards']))).toEqual(json);
    expect(textMap(row['rest'])).toEqual({});
  });

  test('hold any name and any text', () => {
    const name = '"ключ"\n';
    const { rest: left } = rest({ [name]: { S: '\u0000"é😀' } });
    expect(Object.keys(left)).toEqual([name]);
    expect(valueOfJson(left[name]!)).toEqual({ S: '\u0000"é😀' });
  });

  test('of a broken item are an error, and the next item is not harmed', () => {
    const good = itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' }, X: { S: 'y' } });
    const bytes = good.avro;
    const cut = bytes.subarray(0, bytes.length - 2);
    expect(() => mapping.bind(Item.fromAvro(cut))).toThrow(CodecError);
    expect(() => mapping.bind(Item.fromAvro(Buffer.concat([bytes, bytes])))).toThrow(CodecError);
    const wrongName = Buffer.from(bytes);
    wrongName[wrongName.indexOf('X')] = 0xff;
    expect(() => mapping.bind(Item.fromAvro(wrongName))).toThrow(CodecError);
    expect(textMap(bound(mapping, good).values.at(-1))).toEqual({ X: '{"S":"y"}' });
  });
});

describe('what does not fit', () => {
  const item = itemOf({
    Artist: { S: 'a' },
    SongTitle: { S: 'b' },
    Price: { S: 'dear' },
    Awards: { M: { Year: { N: '1.5' } } },
    X: { S: 'y' },
    Y: { S: 'z' },
  });
  const columns = (price: string, year: string) => `
columns:
  - {column: price, type: decimal, attribute: Price${price}}
  - {column: year, type: int, attribute: Awards.Year${year}}`;

  test('goes to the leftovers, where there is that column and nothing else is said', () => {
    const mapping = mappingOf(
      `table: Music${columns('', ', onMismatch: leftovers')}\nleftovers: {column: rest}`,
    );
    const row = bound(mapping, item);
    expect(row.values.slice(2, 4)).toEqual([null, null]);
    expect(textMap(row.values[4])).toEqual({
      Price: '{"S":"dear"}',
      Awards: '{"M":{"Year":{"N":"1.5"}}}',
      X: '{"S":"y"}',
      Y: '{"S":"z"}',
    });
    expect(row.misfits.map(({ column, misfit, went }) => [column, misfit.reason, went])).toEqual([
      ['price', 'is S, the column decimal', 'leftovers'],
      ['year', 'is no integer', 'leftovers'],
    ]);
    expect(row.dropped).toBe(0);
  });

  test('is null, where the column says so, and what no column holds is dropped and counted', () => {
    const nulls = columns(', onMismatch: null', ", onMismatch: 'null'");
    const mapping = mappingOf(`table: Music${nulls}\nleftovers: drop`);
    const row = bound(mapping, item);
    expect(row.values.slice(2)).toEqual([null, null]);
    expect(row.misfits.map(({ column, went }) => [column, went])).toEqual([
      ['price', 'null'],
      ['year', 'null'],
    ]);
    expect(row.dropped).toBe(2);
  });

  test('sets the item aside, where there is no leftovers column and nothing else is said', () => {
    const mapping = mappingOf(`table: Music${columns('', '')}\nleftovers: drop`);
    expect(refused(mapping.bind(item))).toBe('price is S, the column decimal');
    const parts = mappingOf(
      `table: Music${columns('', ', onMismatch: dead-letter').replace('decimal', 'text')}\nleftovers: {column: rest}`,
    );
    expect(refused(parts.bind(item))).toBe('year is no integer');
  });

  test('with any column sets the item aside, where leftovers say so', () => {
    const mapping = mappingOf('{table: Music, leftovers: dead-letter}');
    expect(refused(mapping.bind(itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' }, X: { S: 'y' } })))).toBe(
      'X is not in the mapping, and what no column holds is set aside',
    );
    bound(mapping, itemOf({ Artist: { S: 'a' }, SongTitle: { S: 'b' } }));
  });

  test('counts an attribute once that is dropped in part', () => {
    const mapping = mappingOf(
      '{table: Music, leftovers: drop, columns: [{column: y, type: int, attribute: A.Y}]}',
    );
    const json = {
      Artist: { S: 'a' },
      SongTitle: { S: 'b' },
      A: { M: { Y: { N: '1' }, Z: { N: '2' }, W: { N: '3' } } },
    };
    for (const item of [itemOf(json), itemOf(json)])
      expect(bound(mapping, item)).toMatchObject({ dropped: 1, misfits: [] });
  });
});

const hexOf = (values: readonly (Buffer | null)[]) => values.map((bytes) => bytes?.toString('hex') ?? null);

/** The same attributes with maps and sets turned round. */
function turned(map: Attributes): Attributes {
  return new Map([...map].reverse().map(([name, value]) => [name, turnedValue(value)]));
}

function turnedValue(value: AttributeValue): AttributeValue {
  if ('M' in value) return { M: turned(value.M) };
  if ('L' in value) return { L: value.L.map(turnedValue) };
  if ('SS' in value) return { SS: [...value.SS].reverse() };
  if ('NS' in value) return { NS: [...value.NS].reverse() };
  if ('BS' in value) return { BS: [...value.BS].reverse() };
  return value;
}
