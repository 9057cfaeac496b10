import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { isUnmappable, type TableMapping } from '../../../schemas/cql/table-mapping.ts';
import type { Item } from '../../../schemas/item.ts';
import type { AttributeValue } from '../../../schemas/values.ts';
import { keyColumns, type Mutation, mutationsOf } from '../../../sink/cql/mutations.ts';
import { columnsOf } from '../../../sink/cql/statements.ts';
import { CqlModel } from '../../cql-model.ts';
import { changeOf, itemOf, movingMapping, nowSeconds, plainMapping, rowOf, V } from './cql-fixture.ts';

/** What a client does with a mutation: nothing, or what other sinks do. */
type Write = (mutation: Mutation, deliveredUs: number) => Mutation;

interface History {
  /** Per item: its state before capture, then each state after a change. Null: there is no item. */
  readonly states: readonly (readonly (Item | null)[])[];
  /** Per item: which state the snapshot has. */
  readonly cuts: readonly number[];
  /** Positions of records in the order of their delivery, duplicates included; all are there. */
  readonly order: readonly number[];
  /** Seconds between two changes of a key: 0 is the same second. */
  readonly gaps: readonly number[];
}

const ids = ['a', 'b'];
const V0 = V - 3_600_000_000;

const state = (id: string) =>
  fc.option(
    fc
      .record(
        {
          genre: fc.constantFrom('jazz', 'pop', 'folk').map((S): AttributeValue => ({ S })),
          n: fc.constantFrom<AttributeValue>({ N: '1' }, { N: '2' }, { S: 'misfit' }),
          note: fc.constantFrom<AttributeValue>({ S: 'x' }, { S: 'y' }),
          more: fc.constantFrom<AttributeValue>({ BOOL: true }, { L: [] }),
        },
        { requiredKeys: ['genre'] },
      )
      .map((attributes) => itemOf(id, attributes as Record<string, AttributeValue>)),
    { nil: null, freq: 3 },
  );

const histories: fc.Arbitrary<History> = fc
  .tuple(...ids.map((id) => fc.array(state(id), { minLength: 1, maxLength: 6 })))
  .chain((states) => {
    const count = states.reduce((sum, each) => sum + each.length, 0);
    const all = Array.from({ length: count }, (_, i) => i);
    return fc.record({
      states: fc.constant(states),
      cuts: fc.tuple(...states.map((each) => fc.nat(each.length - 1))),
      order: fc
        .array(fc.nat(count - 1), { maxLength: 12 })
        .chain((again) => fc.shuffledSubarray([...all, ...again], { minLength: count + again.length })),
      gaps: fc.array(fc.constantFrom(0, 0, 1, 30), { minLength: 8, maxLength: 8 }),
    });
  });

/** What the topics hold: a row of the snapshot per item, and every change. */
function recordsOf({ states, cuts, gaps }: History): ChangeRecord[] {
  return states.flatMap((steps, i) => {
    const id = ids[i]!;
    const row = steps[cuts[i]!] ?? null;
    const rows = row === null ? [] : [rowOf(id, V0, { after: row })];
    let version = V;
    const changes = steps.slice(1).flatMap((after, step) => {
      const before = steps[step]!;
      if (before === null && after === null) return [];
      version = Math.max(version + 1, version + gaps[step]! * 1_000_000);
      return [changeOf(after === null ? 'd' : before === null ? 'c' : 'u', id, version, { before, after })];
    });
    return [...rows, ...changes];
  });
}

function deliver(mapping: TableMapping, history: History, write: Write, firstVersion: number | null) {
  const { table } = mapping;
  const model = new CqlModel(keyColumns(mapping), columnsOf(table).length);
  const records = recordsOf(history);
  let deliveredUs = nowSeconds * 1_000_000;
  for (const at of history.order) {
    const record = records[at % Math.max(1, records.length)];
    if (record === undefined) continue;
    const { mutations, failure } = mutationsOf(mapping, record, { firstVersion, nowSeconds });
    expect(failure).toBeNull();
    for (const mutation of mutations.toReversed()) model.apply(write(mutation, deliveredUs), nowSeconds);
    deliveredUs += 1000;
  }
  return model.rows(nowSeconds);
}

function wanted(mapping: TableMapping, { states }: History) {
  return new Map(
    states.flatMap((steps) => {
      const last = steps.at(-1);
      if (last == null) return [];
      const row = mapping.bind(last);
      if (isUnmappable(row)) throw new Error('every state has a row');
      const texts = row.values.map((value) => value?.toString('hex') ?? null);
      return [[texts.slice(0, keyColumns(mapping)).join('/'), texts] as const];
    }),
  );
}

function endsEqual(mapping: TableMapping, write: Write, firstVersion: number | null = V0) {
  const property = fc.property(histories, (history) => {
    const found = deliver(mapping, history, write, firstVersion);
    expect(found).toEqual(wanted(mapping, history));
  });
  return () => fc.assert(property, { numRuns: 400, seed: 1 });
}

const asIs: Write = (mutation) => mutation;
/** As the DataStax sink: deletes carry no timestamp, so the server takes the time of their arrival. */
const deletesNow: Write = (mutation, deliveredUs) =>
  mutation.kind === 'delete' ? { ...mutation, version: deliveredUs } : mutation;
/** As both Kafka sinks: milliseconds, so that changes of one key tie. */
const inMilliseconds: Write = (mutation) => ({
  ...mutation,
  version: Math.floor(mutation.version / 1000) * 1000,
});
const unsetAlways: Write = (mutation) =>
  mutation.kind === 'insert' ? { ...mutation, leavesAbsent: true } : mutation;

for (const [name, mapping] of [
  ['the source’s key', plainMapping],
  ['another key', movingMapping],
] as const) {
  describe(`a table with ${name} converges (rule C6)`, () => {
    test(
      'whatever the order of records, with duplicates, snapshot rows last or first',
      endsEqual(mapping, asIs),
    );

    test('not when deletes carry the time of their arrival', () => {
      expect(endsEqual(mapping, deletesNow)).toThrow(/Property failed/);
    });

    test('not when versions are cut to milliseconds', () => {
      expect(endsEqual(mapping, inMilliseconds)).toThrow(/Property failed/);
    });

    test('not when absent columns are never written', () => {
      expect(endsEqual(mapping, unsetAlways)).toThrow(/Property failed/);
    });
  });
}

test('a moved row would stay in its old place, did the update not delete it there', () => {
  const [before, after] = ['jazz', 'pop'].map((S) => itemOf('a', { genre: { S } }));
  const update = changeOf('u', 'a', V + 1, { before: before!, after: after! });
  const rowsAfter = (second: ChangeRecord) => {
    const model = new CqlModel(keyColumns(movingMapping), columnsOf(movingMapping.table).length);
    for (const record of [second, changeOf('c', 'a', V, { after: before! })]) {
      const { mutations } = mutationsOf(movingMapping, record, { firstVersion: null, nowSeconds });
      for (const mutation of mutations) model.apply(mutation, nowSeconds);
    }
    return model.rows(nowSeconds).size;
  };
  expect(rowsAfter(update)).toBe(1);
  expect(rowsAfter({ ...update, before: null, beforeFiltered: true })).toBe(2);
});
