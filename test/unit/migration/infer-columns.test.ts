import { describe, expect, test } from 'vitest';
import type { ProposedAttribute } from '../../../migration/infer/proposal.ts';
import type { AttributeValue } from '../../../schemas/values.ts';
import { factsOf, itemFrom, itemsWith, proposed } from './infer-samples.ts';

/** What is proposed for the attribute `a` of items with these values; null: an item without it. */
function forValues(values: readonly (AttributeValue | null)[]): ProposedAttribute {
  const { proposal } = proposed(itemsWith(values));
  return proposal.attributes.find(({ name }) => name === 'a')!;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const S: AttributeValue = { S: 'secret text' };
const N: AttributeValue = { N: '7' };
const list = (...L: AttributeValue[]): AttributeValue => ({ L });
const map = (entries: Readonly<Record<string, AttributeValue>>): AttributeValue => ({
  M: new Map(Object.entries(entries)),
});

describe('an attribute of one type has a column', () => {
  test.each<[string, readonly AttributeValue[]]>([
    ['text', [S, { S: '' }]],
    ['bigint', [N, { N: '-9223372036854775808' }]],
    ['varint', [N, { N: '9223372036854775808' }]],
    ['decimal', [N, { N: '0.5' }]],
    ['blob', [{ B: Buffer.from('x') }]],
    ['boolean', [{ BOOL: true }, { BOOL: false }]],
    ['frozen<set<text>>', [{ SS: ['x', 'y'] }]],
    ['frozen<set<bigint>>', [{ NS: ['1'] }, { NS: ['2'] }]],
    ['frozen<set<varint>>', [{ NS: ['1'] }, { NS: ['2', '9223372036854775808'] }]],
    ['frozen<set<decimal>>', [{ NS: ['1', '2.5'] }]],
    ['frozen<set<blob>>', [{ BS: [Buffer.from('x')] }]],
    ['frozen<list<text>>', [list(S, S), list()]],
    ['frozen<list<decimal>>', [list(N), list({ N: '0.5' })]],
    ['frozen<list<boolean>>', [list({ BOOL: true })]],
    ['frozen<map<text, text>>', [map({ x: S }), map({ y: S })]],
    ['frozen<map<text, bigint>>', [map({ x: N, y: N }), map({})]],
    ['frozen<map<text, blob>>', [map({ x: { B: Buffer.from('x') } })]],
  ])('%s', (type, values) => {
    expect(forValues(values)).toMatchObject({ type, why: null, conflict: false, values: values.length });
  });
});

describe('an attribute has no column', () => {
  test.each<[string, readonly AttributeValue[]]>([
    ['no column type holds NULL', [{ NULL: true }]],
    ['nothing was seen in it that tells the type of its elements', [list(), list()]],
    ['nothing was seen in it that tells the type of its members', [map({})]],
    ['its elements differ in type: N, S', [list(S, N)]],
    ['its elements differ in type: N, S', [list(S), list(N)]],
    ['its elements are M', [list(map({ x: S }))]],
    ['its elements are NULL', [list({ NULL: true })]],
    ['its members differ in type: N, S', [map({ x: S, y: N })]],
    ['its members are L', [map({ x: list(S) })]],
    ['its types differ', [S, N]],
    ['its types differ', [...times(79, S), ...times(21, N)]],
  ])('where %s', (why, values) => {
    expect(forValues(values)).toMatchObject({ type: null, why });
  });
});

describe('values of several types', () => {
  test('have a column of the type of four in five, and the others are in the leftovers', () => {
    const { type, conflict, types, notes } = forValues([
      ...times(80, S),
      ...times(15, N),
      ...times(5, list()),
    ]);
    expect({ type, conflict, types }).toEqual({
      type: 'text',
      conflict: true,
      types: { S: 80, N: 15, L: 5 },
    });
    expect(notes).toEqual(['Conflict: 15 N, 5 L, kept in the leftovers column.']);
  });

  test('do not count NULL against the others, and say it', () => {
    expect(forValues([N, ...times(9, { NULL: true } as const)])).toMatchObject({
      type: 'bigint',
      conflict: true,
      notes: [
        'Conflict: 9 NULL, kept in the leftovers column.',
        'All N fit int; bigint leaves room to grow.',
      ],
    });
  });

  test('are said in the file with onMismatch', () => {
    const { proposal, text } = proposed(itemsWith([...times(9, S), N]));
    const column = { column: 'a', type: 'text', attribute: 'a', onMismatch: 'leftovers' };
    expect(proposal.document.columns.at(-1)).toEqual(column);
    expect(text).toContain(
      [
        '  # in every item: S 9, N 1',
        '  # Conflict: 1 N, kept in the leftovers column.',
        '  - {column: a, type: text, attribute: a, onMismatch: leftovers}',
      ].join('\n'),
    );
  });
});

describe('what a person may change is said', () => {
  const uuid = (n: number) => ({ S: `0F8FAD5B-D9CB-469F-A165-70867728950${n}` });
  test.each<[string, readonly AttributeValue[]]>([
    ['All S are uuid texts: type uuid would do; it keeps no form.', [uuid(1), uuid(2)]],
    [
      'All S are timeuuid texts: type timeuuid would do; it keeps no form.',
      [{ S: '5a1c395e-b41f-11e5-9f22-ba0be0483c18' }],
    ],
    [
      'All S are ISO timestamps: type timestamp would do; it keeps no form.',
      [{ S: '2026-11-21T01:02:03Z' }, { S: '2026-11-21T01:02:03.5+01:00' }],
    ],
    ['All S are date texts: type date would do; it keeps no form.', [{ S: '2026-11-21' }]],
    ['All S are inet texts: type inet would do; it keeps no form.', [{ S: '10.0.0.1' }, { S: '::1' }]],
    ['All N look like times: timestamp with unit: seconds would do.', [{ N: '1763686800' }]],
    ['All N look like times: timestamp with unit: milliseconds would do.', [{ N: '1763686800123' }]],
    ['All N fit int; bigint leaves room to grow.', [N]],
    [
      'Members that could be columns by paths: a.x bigint, "a.`y.z`" boolean.',
      [map({ x: N, 'y.z': { BOOL: true } })],
    ],
  ])('%s', (note, values) => {
    expect(forValues(values).notes).toEqual([note]);
  });

  test.each<[string, readonly AttributeValue[]]>([
    ['one text is no uuid', [uuid(1), S]],
    ['one text is empty', [uuid(1), { S: '' }]],
    ['a text is long', [{ S: 'x'.repeat(100_000) }]],
    ['a timestamp has no zone', [{ S: '2026-11-21T01:02:03' }]],
    ['a number is no int', [{ N: '-3000000000' }]],
    ['a member is in half of the maps', [map({ x: S }), map({ y: N })]],
  ])('and not where %s', (_, values) => {
    expect(forValues(values).notes).toEqual([]);
  });

  test('members of maps with ever new names are no fields', () => {
    const values = times(40, 0).map((_, n) => map({ x: S, [`member ${n}`]: S }));
    expect(forValues(values)).toMatchObject({ type: 'frozen<map<text, text>>', notes: [] });
  });
});

describe('keys', () => {
  test('are columns of types that hold every key, in the order of the schema, also before an item was seen', () => {
    const keys = [
      { name: 'b', type: 'B' },
      { name: 'n', type: 'N' },
    ] as const;
    const { proposal, text } = proposed([], factsOf(keys));
    expect(proposal.document).toEqual({
      table: 'T',
      key: { partition: ['b'], clustering: ['n'] },
      columns: [
        { column: 'b', type: 'blob', attribute: 'b' },
        { column: 'n', type: 'decimal', attribute: 'n' },
      ],
      leftovers: { column: 'leftovers', type: 'frozen<map<text, text>>' },
    });
    expect(text).toContain('There was no item to look at: only the key columns are known.');
  });

  test('a number that is a key stays decimal, though bigint would hold what was seen', () => {
    const { proposal } = proposed([itemFrom({ id: { N: '1' } })], factsOf([{ name: 'id', type: 'N' }]));
    expect(proposal.attributes).toMatchObject([
      {
        type: 'decimal',
        notes: ['All N fit bigint; decimal, unlike it, takes every key that DynamoDB does.'],
      },
    ]);
  });
});

describe('limits', () => {
  test('an attribute of fewer than one item in a hundred has no column', () => {
    expect(forValues([S, ...times(100, null)])).toMatchObject({ type: null, why: 'it is rare' });
    expect(forValues([S, ...times(99, null)])).toMatchObject({ type: 'text' });
  });

  test('the 200 most frequent attributes have columns, the key among them', () => {
    const item = (attributes: number) =>
      itemFrom({
        id: { S: 'x' },
        ...Object.fromEntries(times(attributes, 0).map((_, n) => [`a${String(n).padStart(3, '0')}`, N])),
      });
    const { proposal } = proposed([item(250), item(198)]);
    expect(proposal.document.columns).toHaveLength(200);
    expect(proposal.document.columns.at(-1)).toMatchObject({ column: 'a198' });
    expect(proposal.attributes.at(-1)).toMatchObject({ name: 'a249', why: 'there are 200 columns already' });
  });

  test('a name that is long or holds control characters makes no column', () => {
    const long = 'ü'.repeat(101);
    const { proposal, text } = proposed([itemFrom({ id: S, [long]: S, 'a\nb': S })]);
    expect(proposal.document.columns).toHaveLength(1);
    expect(text).toContain(`# - "a\\nb" (in every item, S 1): its name is none for a column.\n`);
    expect(text).toContain(
      `# - "${'ü'.repeat(60)}…" (in every item, S 1): its name is too long for a column.\n`,
    );
  });

  test('names beyond 2000 are counted, not kept', () => {
    const names = times(2100, 0).map((_, n) => [`a${n}`, N]);
    const { proposal, text } = proposed([itemFrom({ id: S, ...Object.fromEntries(names) })]);
    expect(proposal.attributes).toHaveLength(2000);
    expect(text).toContain('# - and 1750 more (--json lists them)\n');
    expect(text).toContain('# - 101 values of attributes beyond the first 2000\n');
  });
});
