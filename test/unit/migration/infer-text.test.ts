import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { parseMapping } from '../../../migration/config/mapping-file.ts';
import { mappingText } from '../../../migration/infer/mapping-text.ts';
import { proposalOf } from '../../../migration/infer/proposal.ts';
import { compileMapping } from '../../../schemas/cql/compile.ts';
import { type MappingDocument, mappingDocument } from '../../../schemas/cql/mapping-schema.ts';
import { isUnmappable } from '../../../schemas/cql/table-mapping.ts';
import { Item } from '../../../schemas/item.ts';
import type { KeySchema } from '../../../schemas/values.ts';
import { itemOf, otherItemOf } from '../../../workload/items.ts';
import { MUSIC_KEYS } from '../../../workload/keys.ts';
import { attributes as itemAttributes, numbers, strings } from '../../conformance/arbitraries.ts';
import { factsOf, itemFrom, proposed, sampleOf } from './infer-samples.ts';

const parsed = (text: string): MappingDocument => mappingDocument.parse(parseYaml(text));
const music = (count: number) => Array.from({ length: count }, (_, n) => itemFrom(itemOf(1, n)));

describe('the text of a mapping', () => {
  test('of the table that the demo moves is as pinned', () => {
    expect(proposed(music(500), factsOf(MUSIC_KEYS, 'Music')).text).toMatchSnapshot();
  });

  test('of small items stands here whole', () => {
    const items = Array.from({ length: 50 }, (_, n) =>
      itemFrom(itemOf(1, n, { size: 'small', paddingBytes: 0 })),
    );
    expect(proposed(items, factsOf(MUSIC_KEYS, 'my.Music')).text).toMatchInlineSnapshot(`
      "---
      # Proposed by messina infer for table my.Music, from 50 items of a scan (2026-11-21T00:00:00.000Z).
      # Nothing is lost: an attribute without a column, and a value that its column cannot hold exactly, is kept in the column
      # leftovers, by its name, as DynamoDB JSON. Counts are of what was read; other items may hold other types.

      table: my.Music
      into: {table: my_Music}
      key: {partition: [Artist], clustering: [SongTitle]}
      columns:
        # in every item: S 50
        - {column: Artist, type: text, attribute: Artist}
        # in every item: S 50
        - {column: SongTitle, type: text, attribute: SongTitle}
        # in every item: S 50
        - {column: Genre, type: text, attribute: Genre}
        # in every item: N 50
        - {column: Price, type: decimal, attribute: Price}
        # in every item: N 50
        # All N fit int; bigint leaves room to grow.
        - {column: Year, type: bigint, attribute: Year}
      leftovers: {column: leftovers, type: "frozen<map<text, text>>"}
      "
    `);
  });

  test('of several tables makes one mapping file', () => {
    const [one, two] = ['A', 'B'].map((table) => proposed(music(3), factsOf(MUSIC_KEYS, table)).text);
    const { documents } = parseMapping(`${one}${two}`, 'music.mapping.yaml', ['A', 'B']);
    expect(documents).toMatchObject([{ document: { table: 'A' } }, { document: { table: 'B' } }]);
  });

  test('tells how rows could expire by themselves, as a line that is right without its #', () => {
    const facts = { ...factsOf(), ttlAttribute: 'Expires At' };
    const items = [itemFrom({ id: { S: 'x' }, 'Expires At': { N: '1763686800' } })];
    const { text } = proposed(items, facts);
    expect(parsed(text).ttl).toBeUndefined();
    const uncommented = parsed(text.replace('# ttl:', 'ttl:'));
    expect(uncommented.ttl).toEqual({ attribute: 'Expires At', unit: 'seconds', expired: 'keep' });
    compileMapping(uncommented, facts);
    const noTimes = [itemFrom({ id: { S: 'x' }, 'Expires At': { S: 'never' } })];
    expect(proposed(noTimes, facts).text).not.toContain('ttl:');
  });

  test('names a leftovers column that no attribute is called like', () => {
    const named = { leftovers: { S: 'x' }, leftovers_2: { S: 'x' } };
    const { proposal } = proposed([itemFrom({ id: { S: 'x' }, ...named })]);
    expect(proposal.document.leftovers.column).toBe('leftovers_3');
    const keyed = proposed([], factsOf([{ name: 'leftovers', type: 'S' }]));
    expect(keyed.proposal.document.leftovers.column).toBe('leftovers_2');
  });

  test('gives a table a name that CQL takes, and says where Cassandra would not', () => {
    expect(proposed([], factsOf(undefined, 'my-app.Music')).proposal.document.into).toEqual({
      table: 'my_app_Music',
    });
    expect(proposed([], factsOf(undefined, 'T'.repeat(48))).text).not.toContain('Cassandra');
    expect(proposed([], factsOf(undefined, 'T'.repeat(49))).text).toContain(
      '# Cassandra takes 48 characters',
    );
    const longest = parsed(proposed([], factsOf(undefined, 'a.'.repeat(127))).text);
    expect(longest.into.table).toHaveLength(192);
  });

  test('says what was read besides items', () => {
    const facts = factsOf();
    const sample = sampleOf([itemFrom({ id: { S: 'x' } })]);
    sample.deletes = 4;
    sample.filtered = 5;
    sample.failed = 6;
    const basis = { facts, from: 'topics', sample, readAt: new Date(0) } as const;
    expect(mappingText(proposalOf(facts, sample), basis)).toContain(
      '# Proposed by messina infer for table T, from 1 item images of its topics (1970-01-01T00:00:00.000Z), besides 4 deletes, 5 items that transforms filter, 6 items that cannot be read or transformed.\n',
    );
  });
});

describe('a proposed mapping', () => {
  test.each([
    ...[
      'null',
      '~',
      'yes',
      '2024',
      '0x1F',
      '1e3',
      '.5',
      '2026-11-21',
      '${env:X}',
      'a: b',
      'a #b',
      '- x',
      '?',
    ],
    ...[
      '&a',
      '*a',
      '!t',
      '%',
      '@',
      '`',
      '"',
      "'",
      '|',
      '>',
      '{',
      ']',
      ',',
      ' x ',
      'a.b',
      '[0]',
      '\\',
      '---',
      '#',
    ],
    ...['token', 'Straße', '北京', '\u2028', '\ufeff', '\u0085'],
  ])('has a column for an attribute called %j', (name) => {
    const { text } = proposed([itemFrom({ id: { S: 'x' }, [name]: { N: '1' } })]);
    const [mapped] = parseMapping(text, 'music.mapping.yaml', ['T']).documents;
    const compiled = compileMapping(mapped!.document, factsOf());
    expect(compiled.table.columns.map((column) => column.name)).toEqual([name, 'leftovers']);
    const bound = compiled.bind(itemFrom({ id: { S: 'x' }, [name]: { N: '2' } }));
    expect(bound).toMatchObject({
      misfits: [],
      values: [expect.anything(), expect.anything(), expect.anything()],
    });
  });

  test('parses back to what was meant, whatever attributes are called, and shows no value', () => {
    fc.assert(
      fc.property(fc.array(itemAttributes, { maxLength: 3 }), (many) => {
        const items = many.map((one) => keyed(one));
        const { proposal, text } = proposed(items, factsOf([{ name: 'the key', type: 'S' }]));
        expect(parseYaml(text)).toEqual(proposal.document);
        expect(parseAllDocuments(text)).toHaveLength(1);
        expect(text).not.toContain('the value of a key');
      }),
      { numRuns: 30 },
    );
  });

  test('compiles unedited, and binds every item of the sample, with misfits only where it says conflict', () => {
    fc.assert(
      fc.property(fc.array(itemAttributes, { maxLength: 3 }), (many) => {
        expectBound(
          many.map((one) => keyed(one)),
          [{ name: 'the key', type: 'S' }],
        );
      }),
      { numRuns: 30 },
    );
  });

  test.each<[string, KeySchema]>([
    ['text', MUSIC_KEYS],
    [
      'numbers and binary',
      [
        { name: 'n', type: 'N' },
        { name: 'b', type: 'B' },
      ],
    ],
  ])('does so for the items of the workload, with keys of %s', (_, keys) => {
    const items = Array.from({ length: 300 }, (_, n) => itemFrom(itemOf(2, n, undefined, keys)));
    expectBound(items, keys);
    expectBound([...items, ...Array.from({ length: 30 }, (_, n) => itemFrom(otherItemOf(2, n, keys)))], keys);
  });

  test('holds what one item of another type brings later', () => {
    const { proposal, text } = proposed([itemFrom({ id: { S: 'x' }, n: { N: '1' } })]);
    expect(proposal.document.columns.at(-1)).toMatchObject({ column: 'n', type: 'bigint' });
    const mapping = compileMapping(parsed(text), factsOf());
    fc.assert(
      fc.property(numbers, strings, (N, S) => {
        const bound = mapping.bind(itemFrom({ id: { S: 'x' }, n: { N }, s: { S } }));
        expect(isUnmappable(bound)).toBe(false);
        if (isUnmappable(bound)) return;
        expect(bound.dropped).toBe(0);
        expect(bound.misfits.every(({ went }) => went === 'leftovers')).toBe(true);
      }),
    );
  });
});

/** An item whose key is `the key`, with other attributes as they are. */
function keyed(others: Item['attributes']): Item {
  const key = ['the key', { S: 'the value of a key' }] as const;
  return Item.fromAvro(Item.fromAttributes(new Map([...others, key])).avro);
}

/** Proposes a mapping for items, compiles its text, and binds each of them: nothing is dropped, nothing unexpected. */
function expectBound(items: readonly Item[], keys: KeySchema): void {
  const facts = factsOf(keys);
  const { proposal, text } = proposed(items, facts);
  const mapping = compileMapping(parsed(text), facts);
  // That names must be quoted is said there too, and loses nothing.
  expect(mapping.losses.filter((loss) => !loss.includes('letter case only'))).toEqual([]);
  expect(mapping.rekeyed).toBe(false);
  const conflicts = proposal.attributes.filter(({ conflict }) => conflict).map(({ name }) => name);
  for (const item of items) {
    const bound = mapping.bind(item);
    if (isUnmappable(bound)) expect.fail(`${bound.column} ${bound.misfit.reason}`);
    expect(bound.dropped).toBe(0);
    for (const { column, went } of bound.misfits) {
      expect(conflicts).toContain(column);
      expect(went).toBe('leftovers');
    }
  }
}
