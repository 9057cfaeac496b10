import { describe, expect, test } from 'vitest';
import type { ChangeRecord } from '../../../schemas/change.ts';
import type { TableMapping } from '../../../schemas/cql/table-mapping.ts';
import { Item } from '../../../schemas/item.ts';
import { type Mutation, mutationsOf } from '../../../sink/cql/mutations.ts';
import {
  changeOf,
  itemOf,
  mappingFrom,
  movingMapping,
  nowSeconds,
  plainMapping,
  rowOf,
  V,
} from './cql-fixture.ts';

/** A mutation as a test reads it: values as text. */
function said(mutation: Mutation): string {
  const { kind, version } = mutation;
  const values = kind === 'delete' ? mutation.key : mutation.values;
  const text = values.map((value) =>
    value === null ? '-' : /^[\w ]*$/.test(`${value}`) ? `${value}` : value.toString('hex'),
  );
  const more =
    kind === 'insert'
      ? `${mutation.leavesAbsent ? ' leaves' : ''}${mutation.ttlSeconds === null ? '' : ` ttl ${mutation.ttlSeconds}`}`
      : '';
  return `${kind} ${text.join('|')} @${version - V}${more}`;
}

function of(mapping: TableMapping, record: ChangeRecord, firstVersion: number | null = null) {
  const { mutations, failure, row } = mutationsOf(mapping, record, { firstVersion, nowSeconds });
  return { does: mutations.map(said), code: failure?.code ?? null, message: failure?.message ?? null, row };
}

const nothingLeft = '00000000';

describe('a record of a table with the source’s key', () => {
  test('puts all columns, those without a value as null, stamped with its version', () => {
    const record = changeOf('u', 'a', V + 5, { after: itemOf('a', { note: { S: 'x' } }) });
    expect(of(plainMapping, record)).toMatchObject({ does: [`insert a|-|x|${nothingLeft} @5`], code: null });
  });

  test('deletes its row, stamped with its version, whatever stood there', () => {
    expect(of(plainMapping, changeOf('d', 'a', V + 6, {}))).toMatchObject({
      does: ['delete a @6'],
      code: null,
    });
  });

  test('leaves absent columns alone only as a row of the first snapshot', () => {
    const more = { after: itemOf('a') };
    expect(of(plainMapping, rowOf('a', V, more), V).does).toEqual([`insert a|-|-|${nothingLeft} @0 leaves`]);
    expect(of(plainMapping, rowOf('a', V + 1, more), V).does).toEqual([`insert a|-|-|${nothingLeft} @1`]);
    expect(of(plainMapping, rowOf('a', V, more), null).does).toEqual([`insert a|-|-|${nothingLeft} @0`]);
    expect(of(plainMapping, changeOf('c', 'a', V, more), V).does).toEqual([`insert a|-|-|${nothingLeft} @0`]);
  });

  test('is set aside, by column and kind, when a column cannot hold its attribute', () => {
    const strict = mappingFrom({
      columns: [{ column: 'n', type: 'int', attribute: 'n', onMismatch: 'dead-letter' }],
      leftovers: { column: 'other' },
    });
    const { does, code, message } = of(
      strict,
      changeOf('c', 'a', V, { after: itemOf('a', { n: { S: 'secret' } }) }),
    );
    expect({ does, code }).toEqual({ does: [], code: 'RECORD_UNMAPPABLE' });
    expect(message).toMatch(/^Column "n" of "T": /);
    expect(message).not.toContain('secret');
  });

  test('is set aside when the bytes of its item are wrong', () => {
    const after = Item.fromAvro(Buffer.from([2, 2]));
    expect(of(plainMapping, changeOf('u', 'a', V, { after }))).toMatchObject({
      does: [],
      code: 'RECORD_UNDECODABLE',
    });
  });

  test('tells what went to the leftovers', () => {
    const record = changeOf('c', 'a', V, { after: itemOf('a', { n: { S: 'x' } }) });
    expect(of(plainMapping, record).row?.misfits).toMatchObject([{ column: 'n', went: 'leftovers' }]);
  });

  test('halts its table when it is stamped later than the server takes', () => {
    const record = (aheadSeconds: number) =>
      changeOf('d', 'a', (nowSeconds + 3 * 86_400 + aheadSeconds) * 1e6, {});
    expect(of(plainMapping, record(0)).code).toBeNull();
    expect(of(plainMapping, record(1))).toMatchObject({ code: 'RECORD_VERSION', does: [] });
  });
});

describe('a record of a table with another key', () => {
  const genre = (S: string) => ({ genre: { S } });

  test('writes the new row and deletes the one before, both stamped with its version', () => {
    const record = changeOf('u', 'a', V + 2, {
      before: itemOf('a', genre('jazz')),
      after: itemOf('a', genre('pop')),
    });
    expect(of(movingMapping, record).does).toEqual([
      'delete jazz|a @2',
      `insert pop|a|-|-|${nothingLeft} @2`,
    ]);
  });

  test('only writes where the row stays in its place', () => {
    const before = itemOf('a', { ...genre('jazz'), note: { S: 'x' } });
    const record = changeOf('u', 'a', V, { before, after: itemOf('a', genre('jazz')) });
    expect(of(movingMapping, record).does).toEqual([`insert jazz|a|-|-|${nothingLeft} @0`]);
  });

  test('deletes where its old image says the row is', () => {
    const record = changeOf('d', 'a', V, { before: itemOf('a', genre('jazz')) });
    expect(of(movingMapping, record).does).toEqual(['delete jazz|a @0']);
  });

  test('is set aside without an old image, unless there was no row or it was filtered', () => {
    const after = itemOf('a', genre('pop'));
    const aside = { does: [], code: 'RECORD_OLD_IMAGE' };
    expect(of(movingMapping, changeOf('u', 'a', V, { after }))).toMatchObject(aside);
    expect(of(movingMapping, changeOf('d', 'a', V, {}))).toMatchObject(aside);
    const written = { does: [`insert pop|a|-|-|${nothingLeft} @0`], code: null };
    expect(of(movingMapping, changeOf('c', 'a', V, { after }))).toMatchObject(written);
    expect(of(movingMapping, rowOf('a', V, { after }))).toMatchObject(written);
    expect(of(movingMapping, changeOf('u', 'a', V, { after, beforeFiltered: true }))).toMatchObject(written);
    expect(of(movingMapping, changeOf('d', 'a', V, { beforeFiltered: true }))).toMatchObject({
      does: [],
      code: null,
    });
  });

  test('does nothing as a delete of a snapshot: it speaks of rows of earlier epochs', () => {
    expect(of(movingMapping, rowOf('a', V, { op: 'd' }))).toMatchObject({ does: [], code: null });
  });

  test('takes away the row before even when the new one cannot be made', () => {
    const record = changeOf('u', 'a', V, { before: itemOf('a', genre('jazz')), after: itemOf('a') });
    expect(of(movingMapping, record)).toMatchObject({
      does: ['delete jazz|a @0'],
      code: 'RECORD_UNMAPPABLE',
    });
  });

  test('has nothing to delete where the old image could have no row', () => {
    const record = changeOf('u', 'a', V, { before: itemOf('a'), after: itemOf('a', genre('pop')) });
    expect(of(movingMapping, record).does).toEqual([`insert pop|a|-|-|${nothingLeft} @0`]);
  });
});

describe('a record of an item that expires', () => {
  const mapping = (expired: 'keep' | 'delete') =>
    mappingFrom({ leftovers: { column: 'other' }, ttl: { attribute: 'until', expired } });
  const record = (inSeconds: number) =>
    changeOf('c', 'a', V, { after: itemOf('a', { until: { N: String(nowSeconds + inSeconds) } }) });
  const ttlOf = (inSeconds: number) =>
    of(mapping('keep'), record(inSeconds)).does.map((one) => / ttl (\d+)/.exec(one)?.[1]);

  test('lives for the seconds that are left, twenty years at most', () => {
    expect(ttlOf(90)).toEqual(['90']);
    expect(ttlOf(1)).toEqual(['1']);
    expect(ttlOf(40 * 365 * 86_400)).toEqual([String(20 * 365 * 86_400)]);
  });

  test('whose time has passed is written without a TTL, or deleted, as the mapping says', () => {
    expect(ttlOf(0)).toEqual([undefined]);
    expect(of(mapping('keep'), record(-5)).does[0]).toMatch(/^insert a/);
    expect(of(mapping('delete'), record(0)).does).toEqual(['delete a @0']);
    expect(of(mapping('delete'), record(1)).does[0]).toMatch(/^insert a.* ttl 1$/);
  });

  test('never expires when its time lies more than five years back, as in DynamoDB: no mapping deletes it', () => {
    const years = 365 * 86_400;
    expect(of(mapping('delete'), record(-5 * years)).does[0]).toMatch(/^insert a[^ ]* @0$/);
    expect(of(mapping('delete'), record(1 - 5 * years)).does).toEqual(['delete a @0']);
  });
});
