import cassandra from 'cassandra-driver';
import { describe, expect, test } from 'vitest';
import type { TableMapping } from '../../../schemas/cql/table-mapping.ts';
import { isUnmappable } from '../../../schemas/cql/table-mapping.ts';
import type { Item } from '../../../schemas/item.ts';
import { lookUpRows, readRows, tokenRanges } from '../../../sink/cql/read-back.ts';
import { CqlReader } from '../../../sink/cql/reading.ts';
import { CqlRowShape } from '../../../sink/cql/row-shape.ts';
import { columnsOf } from '../../../sink/cql/statements.ts';
import {
  fakeRow,
  itemOf,
  keyOf,
  mappingFrom,
  movingMapping,
  nowSeconds,
  plainMapping,
} from './cql-fixture.ts';
import { JumpingClock } from './jumping-clock.ts';

type Execute = ConstructorParameters<typeof CqlReader>[0]['execute'];

function targetOf(mapping: TableMapping, execute: Execute) {
  const clock = new JumpingClock();
  const reader = new CqlReader({
    execute,
    clock,
    signal: new AbortController().signal,
    options: {},
    name: 'ks.T',
  });
  const shape = new CqlRowShape(mapping, () => nowSeconds);
  return { mapping, shape, reader, statements: { range: 'range', row: 'row' } };
}

function cellsOf(mapping: TableMapping, item: Item): readonly (Buffer | null)[] {
  const bound = mapping.bind(item);
  if (isUnmappable(bound)) throw new Error(bound.misfit.reason);
  return bound.values;
}

function expected(mapping: TableMapping, id: string, item: Item) {
  const row = new CqlRowShape(mapping, () => nowSeconds).rowOf(keyOf(id), item);
  if (typeof row === 'string') throw new Error(row);
  return row.row;
}

/** Items may have one place after the other. */
const handedOver = mappingFrom({
  columns: [{ column: 'genre', type: 'text', attribute: 'genre' }],
  key: { partition: ['genre'], unique: true },
  leftovers: { column: 'other' },
});

const expiring = mappingFrom({ leftovers: { column: 'other' }, ttl: { attribute: 'until' } });
const until = (inSeconds: number) => itemOf('a', { until: { N: String(nowSeconds + inSeconds) } });

describe('the shape of rows', () => {
  test('is a binary attribute per column that has a value, under the item’s key', () => {
    const { key, item } = expected(plainMapping, 'a', itemOf('a', { note: { S: 'x' } }));
    expect(key).toEqual(keyOf('a'));
    expect(item.attributes).toEqual(
      new Map([
        ['id', { B: Buffer.from('a') }],
        ['note', { B: Buffer.from('x') }],
        ['other', { B: Buffer.alloc(4) }],
      ]),
    );
  });

  test('is the same for a row that was read, where rows move too', () => {
    for (const mapping of [plainMapping, movingMapping]) {
      const item = itemOf('a', { genre: { S: 'jazz' }, n: { N: '7' }, odd: { NULL: true } });
      const shape = new CqlRowShape(mapping, () => nowSeconds);
      const [want, read] = [expected(mapping, 'a', item), shape.rowRead(cellsOf(mapping, item))];
      expect(read?.key).toEqual(want.key);
      expect(read?.item.equals(want.item)).toBe(true);
      expect(shape.itemKeyOf(want.key)).toEqual(keyOf('a'));
    }
  });

  test('is the same whatever form a server, or somebody else, gave to equal values', () => {
    const mapping = mappingFrom({
      columns: [
        { column: 'tags', type: 'frozen<set<text>>', attribute: 'tags' },
        { column: 'price', type: 'decimal', attribute: 'price' },
      ],
      leftovers: { column: 'other' },
    });
    const shape = new CqlRowShape(mapping, () => nowSeconds);
    const item = (tags: string[]) => itemOf('a', { tags: { SS: tags }, price: { N: '1' } });
    const [names, cells] = [
      columnsOf(mapping.table).map(({ name }) => name),
      cellsOf(mapping, item(['b', 'a'])),
    ];
    // 1.0, with a scale of 1.
    const foreign = cells.map((cell, i) => (names[i] === 'price' ? Buffer.from([0, 0, 0, 1, 10]) : cell));
    const want = expected(mapping, 'a', item(['a', 'b']));
    expect(shape.rowRead(foreign)?.item.equals(want.item)).toBe(true);
  });

  test('is refused for a row that tells of no item', () => {
    const shape = new CqlRowShape(handedOver, () => nowSeconds);
    const noMap = Buffer.from([0, 0, 0, 1, 0]);
    for (const other of [Buffer.alloc(4), noMap]) {
      const foreign = columnsOf(handedOver.table).map(({ name }) =>
        name === 'genre' ? Buffer.from('jazz') : other,
      );
      expect(() => shape.rowRead(foreign)).toThrow(/does not tell which item it is of/);
    }
  });

  test('tells places of one item from each other where rows move', () => {
    const at = (genre: string) => expected(movingMapping, 'a', itemOf('a', { genre: { S: genre } })).key;
    expect(at('jazz').equals(at('pop'))).toBe(false);
    const moves = (mapping: TableMapping) => new CqlRowShape(mapping, () => nowSeconds).moves;
    expect([moves(plainMapping), moves(movingMapping)]).toEqual([false, true]);
  });

  test('is none for an item that has expired, or does so within five minutes; nor is its row read', () => {
    const shape = new CqlRowShape(expiring, () => nowSeconds);
    for (const inSeconds of [-10, 0, 300]) {
      expect(shape.rowOf(keyOf('a'), until(inSeconds))).toBe('none');
      expect(shape.rowRead(cellsOf(expiring, until(inSeconds)))).toBeNull();
    }
    expect(shape.rowOf(keyOf('a'), until(301))).not.toBe('none');
    expect(shape.rowRead(cellsOf(expiring, until(301)))).not.toBeNull();
  });

  test('is one for an item whose time lies more than five years back: it never expires', () => {
    const shape = new CqlRowShape(expiring, () => nowSeconds);
    const longAgo = until(-5 * 365 * 86_400 - 300);
    expect(shape.rowOf(keyOf('a'), longAgo)).not.toBe('none');
    expect(shape.rowRead(cellsOf(expiring, longAgo))).not.toBeNull();
  });

  test('is none that anything equals for an item that cannot be mapped', () => {
    const shape = new CqlRowShape(movingMapping, () => nowSeconds);
    expect(shape.rowOf(keyOf('a'), itemOf('a'))).toBe('unmappable');
  });
});

describe('reading rows back', () => {
  test('covers the ring once, in equal ranges', () => {
    const bounds = tokenRanges().map(([from, to]) => [from.readBigInt64BE(), to.readBigInt64BE()] as const);
    expect(bounds).toHaveLength(64);
    expect([bounds[0]![0], bounds.at(-1)![1]]).toEqual([-(2n ** 63n), 2n ** 63n - 1n]);
    for (let i = 1; i < bounds.length; i++) expect(bounds[i]![0]).toBe(bounds[i - 1]![1]);
  });

  test('reads every page of every range, in pages of a size that fits memory', async () => {
    const items = Array.from({ length: 300 }, (_, i) =>
      itemOf(`k${i}`, { note: { S: 'x'.repeat(100_000) } }),
    );
    const sizes = new Set<number>();
    const firstRange = tokenRanges()[0]![0];
    const target = targetOf(plainMapping, async (statement, [from], { fetchSize = 0, pageState }) => {
      expect(statement).toBe('range');
      if (!from!.equals(firstRange)) return { rows: [], pageState: null as never };
      sizes.add(fetchSize);
      const at = Number(pageState ?? 0);
      const page = items.slice(at, at + fetchSize).map((item) => fakeRow(cellsOf(plainMapping, item)));
      const next = at + page.length;
      return { rows: page, pageState: next < items.length ? String(next) : (null as never) };
    });
    const keys: string[] = [];
    for await (const rows of readRows(target)) keys.push(...rows.map(({ key }) => key.toString('hex')));
    expect(keys.sort()).toEqual(items.map((_, i) => keyOf(`k${i}`).toString('hex')).sort());
    expect([...sizes]).toEqual([100, 10]);
  });

  test('asks for fewer rows at once the more columns they have: each may be a tombstone', async () => {
    const sizes = new Set<number>();
    const columns = Array.from({ length: 98 }, (_, i) => ({
      column: `c${i}`,
      type: 'int',
      attribute: `c${i}`,
    }));
    const mapping = mappingFrom({ columns, leftovers: { column: 'other' } });
    const row = fakeRow(cellsOf(mapping, itemOf('a')));
    const target = targetOf(mapping, async (_statement, _params, { fetchSize = 0 }) => {
      sizes.add(fetchSize);
      return { rows: [row], pageState: null as never };
    });
    for await (const _ of readRows(target));
    expect([...sizes]).toEqual([100, 500]);
  });

  test('looks rows up by their keys, in the order asked', async () => {
    const row = itemOf('b', { n: { N: '5' } });
    const target = targetOf(plainMapping, async (_statement, [id]) => ({
      rows: id!.toString() === 'b' ? [fakeRow(cellsOf(plainMapping, row))] : [],
      pageState: null as never,
    }));
    const found = await lookUpRows(target, [keyOf('a'), keyOf('b'), keyOf('c')]);
    expect(found.map((item) => item !== null)).toEqual([false, true, false]);
    expect(found[1]!.equals(expected(plainMapping, 'b', row).item)).toBe(true);
  });

  test('finds no row of an item at a place that another item has now', async () => {
    const jazz = (id: string) => itemOf(id, { genre: { S: 'jazz' } });
    const row = fakeRow(cellsOf(handedOver, jazz('b')));
    const target = targetOf(handedOver, async () => ({ rows: [row], pageState: null as never }));
    const keys = ['a', 'b'].map((id) => expected(handedOver, id, jazz(id)).key);
    const found = await lookUpRows(target, keys);
    expect(found.map((item) => item !== null)).toEqual([false, true]);
  });

  test('reads again what failed on the way, and throws what will not change', async () => {
    const { ResponseError } = cassandra.errors;
    let count = 0;
    const flaky = targetOf(plainMapping, async () => {
      if (++count < 4) throw new ResponseError(0x1200, 'read timeout');
      return { rows: [], pageState: null as never };
    });
    expect(await lookUpRows(flaky, [keyOf('a')])).toEqual([null]);
    expect(count).toBe(4);
    const missing = targetOf(plainMapping, async () => {
      throw new ResponseError(0x2200, 'unconfigured table t');
    });
    await expect(lookUpRows(missing, [keyOf('a')])).rejects.toMatchObject({ code: 'TARGET_TABLE_MISSING' });
  });
});
