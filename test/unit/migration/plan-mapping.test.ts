import { expect, test } from 'vitest';
import type { TableFacts } from '../../../connectors/catalog-records.ts';
import { withDefaults } from '../../../migration/config/defaults.ts';
import { compileMappings } from '../../../migration/mappings.ts';
import { planMapping } from '../../../migration/plan/plan-mapping.ts';
import { Problems } from '../../../migration/plan/plan-problems.ts';
import { transformsOf } from '../../../migration/transforms.ts';
import { rowRecord } from '../../../migration/verify/transformed.ts';
import { Item } from '../../../schemas/item.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import { cqlText, mappingOf } from './mapping-text.ts';
import { parse } from './migration-text.ts';

const keySchema = [{ name: 'id', type: 'S' }] as const;
const scanner = new ItemScanner(keySchema);

const rowOf = (attributes: Readonly<Record<string, unknown>>) => {
  const bytes = Buffer.from(JSON.stringify(attributes));
  const { key, avro } = scanner.scan(bytes, 0, bytes.length);
  return rowRecord('Music', key, Item.fromAvro(avro));
};

const facts = {
  table: 'Music',
  keySchema,
  localIndexes: [],
  globalIndexes: [{ name: 'ByGenre' }],
  ttlAttribute: 'ExpiresAt',
} as unknown as TableFacts;

const columns = [
  '{column: price, type: decimal, attribute: Price}',
  '{column: year, type: int, attribute: Year, onMismatch: null}',
  '{column: born, type: date, attribute: Born, onMismatch: dead-letter}',
];
const withLeftovers = `table: Music\ncolumns: [${columns.join(', ')}]\nleftovers: {column: other}\n`;

function plan(mapping: string, rest = '') {
  const file = parse(`${cqlText.replace('  mapping: music.mapping.yaml\n', '')}${rest}`);
  const migration = withDefaults(file, file.path, { transformLines: [], mapping: mappingOf(mapping) });
  const problems = new Problems(new AbortController().signal);
  const rows = [
    rowOf({ id: { S: '1' }, Price: { N: '1.50' }, Year: { N: '1999' }, Born: { S: '1999-12-31' } }),
    rowOf({ id: { S: '2' }, Price: { S: 'free' }, Year: { N: '1e20' } }),
    rowOf({ id: { S: '3' }, Price: { S: 'gratis' }, Other: { BOOL: true } }),
    rowOf({ id: { S: '4' }, Born: { S: 'yesterday' } }),
    rowOf({ id: { S: '5' }, hidden: { BOOL: true } }),
  ];
  const compiled = compileMappings(migration, [facts]);
  expect(compiled.problems).toEqual([]);
  const sample = { from: 'topics', rows } as const;
  const made = planMapping(
    migration,
    compiled.tables.get('Music')!,
    facts,
    transformsOf(migration),
    sample,
    problems,
  );
  return { made, problems: problems.list() };
}

test('a mapping tried on items counts what fits, what goes elsewhere and what cannot be written, and shows no value', () => {
  const { made, problems } = plan(withLeftovers);
  expect(made).toMatchObject({ place: 'music.mapping.yaml:1', rekeyed: false });
  expect(made.trial).toMatchObject({
    from: 'topics',
    sampled: 5,
    mapped: 2,
    misfitting: 2,
    deadLettered: 1,
    droppedAttributes: 0,
  });
  expect(made.trial?.reasons.map(({ column, went, items }) => [column, went, items])).toEqual([
    ['price', 'leftovers', 2],
    ['year', 'null', 1],
    ['born', 'dead-letter', 1],
  ]);
  expect(JSON.stringify(made)).not.toMatch(/free|gratis|yesterday/);
  expect(problems).toMatchObject([
    {
      table: 'Music',
      code: 'RECORD_UNMAPPABLE',
      message: expect.stringMatching(/^1 of 5 items tried cannot become rows: column "born": the attribute /),
    },
  ]);
});

test('items that cannot be written are no problem where they are set aside', () => {
  const { made, problems } = plan(withLeftovers, 'deadLetters: {tolerance: all}\n');
  expect(made.trial?.deadLettered).toBe(1);
  expect(problems).toEqual([]);
});

test('what a mapping drops is counted, and what it leaves out of the table is said', () => {
  const { made } = plan(withLeftovers.replace('{column: other}', 'drop').replace(', onMismatch: null', ''));
  expect(made.trial).toMatchObject({ droppedAttributes: 1, deadLettered: 3 });
  expect(made.losses).toContain('Items expire by "ExpiresAt", rows do not: the mapping has no ttl.');
  expect(made.losses).toContain('Indexes of the table are not made in CQL: ByGenre.');
  const { losses } = plan(`${withLeftovers}ttl: {attribute: ExpiresAt}\n`).made;
  expect(losses.join()).not.toContain('the mapping has no ttl');
});

test('transforms come first: what they filter is not tried', () => {
  const { made } = plan(
    withLeftovers,
    'transforms: [{type: Filter, predicate: hidden}]\npredicates: {hidden: {type: HasField, field: hidden}}\n',
  );
  expect(made.trial?.sampled).toBe(4);
});
