import cassandra from 'cassandra-driver';
import { describe, expect, test } from 'vitest';
import type { ExpectedRow, Mending } from '../../../connectors/connector.ts';
import type { TableMapping } from '../../../schemas/cql/table-mapping.ts';
import type { Item } from '../../../schemas/item.ts';
import { CqlMender } from '../../../sink/cql/mender.ts';
import { CqlReader } from '../../../sink/cql/reading.ts';
import { CqlRowShape } from '../../../sink/cql/row-shape.ts';
import { InFlight } from '../../../sink/in-flight.ts';
import {
  fakeRow,
  int64,
  itemOf,
  keyOf,
  mappingFrom,
  movingMapping,
  nowSeconds,
  plainMapping,
  V,
} from './cql-fixture.ts';
import { JumpingClock } from './jumping-clock.ts';

class PresentClock extends JumpingClock {
  override now(): number {
    return nowSeconds * 1000;
  }
}

interface Scene {
  readonly mapping?: TableMapping;
  /** The row in the table, with a write time per timed column. */
  readonly stored?: { readonly item: Item; readonly times: readonly (number | null)[] } | null;
  readonly versionNow?: number | null;
  readonly onWrite?: (count: number) => unknown;
  readonly consistency?: 'localQuorum' | 'one';
}

function scene({
  mapping = plainMapping,
  stored = null,
  versionNow = V,
  onWrite = () => null,
  consistency = 'localQuorum',
}: Scene) {
  const clock = new PresentClock();
  const signal = new AbortController().signal;
  const shape = new CqlRowShape(mapping, () => nowSeconds);
  const read: unknown[][] = [];
  const written: { statement: string; params: unknown[] }[] = [];
  const rows =
    stored === null
      ? []
      : [
          fakeRow([
            ...cellsOf(mapping, stored.item),
            ...stored.times.map((time) => (time === null ? null : int64(time))),
          ]),
        ];
  const mender = new CqlMender({
    mapping,
    shape,
    reader: new CqlReader({
      execute: async (_statement, params) => {
        read.push([...params]);
        return { rows, pageState: null as never };
      },
      clock,
      signal,
      options: {},
      name: 'ks.T',
    }),
    clock,
    signal,
    inFlight: new InFlight(clock, { requestsMax: 4, bytesMax: 1 << 20, slowMs: 1000 }),
    consistency,
    writes: { insert: 'insert', insertTtl: 'insert ttl', delete: 'delete' },
    selectTimes: 'select',
    execute: async (statement, params) => {
      written.push({ statement, params });
      const error = onWrite(written.length);
      if (error !== null) throw error;
    },
    versionNow: async () => versionNow,
    name: 'ks.T',
    close: () => Promise.resolve(),
  });
  const mend = async (seen: Item | null, wanted: Item | null, more: Partial<Mending> = {}) => {
    const row = rowFrom(shape, wanted ?? seen);
    const mending = { key: row.key, seen: seen && rowFrom(shape, seen).item, wanted: wanted && row.item };
    const [outcome] = await mender.mend([{ ...mending, newest: -1, loosely: false, ...more }]);
    return outcome;
  };
  return { mender, mend, written, read };
}

function cellsOf(mapping: TableMapping, item: Item): readonly (Buffer | null)[] {
  const bound = mapping.bind(item);
  if ('misfit' in bound) throw new Error(bound.misfit.reason);
  return bound.values;
}

function rowFrom(shape: CqlRowShape, item: Item | null) {
  const expected: ExpectedRow = item === null ? 'none' : shape.rowOf(keyOf('a'), item);
  if (typeof expected === 'string') throw new Error(expected);
  return expected.row;
}

const old = itemOf('a', { n: { N: '1' }, note: { S: 'x' } });
const right = itemOf('a', { n: { N: '2' }, more: { BOOL: true } });
const timesOf = (time: number) => [time, time, time];

describe('CqlMender', () => {
  test('writes all columns of the row that is wanted, with the version of the repair', async () => {
    const { mend, written, read } = scene({ stored: { item: old, times: timesOf(V - 1) } });
    expect(await mend(old, right)).toBe('written');
    expect(read).toEqual([[Buffer.from('a')]]);
    const [id, n, , other] = cellsOf(plainMapping, right);
    expect(written).toEqual([{ statement: 'insert', params: [id, n, null, other, int64(V)] }]);
  });

  test('writes a row that is missing, and deletes one that should not be', async () => {
    const missing = scene({});
    expect(await missing.mend(null, right)).toBe('written');
    expect(missing.written.map(({ statement }) => statement)).toEqual(['insert']);
    const extra = scene({ stored: { item: old, times: timesOf(V - 1) } });
    expect(await extra.mend(old, null)).toBe('written');
    expect(extra.written).toEqual([{ statement: 'delete', params: [int64(V), Buffer.from('a')] }]);
  });

  test('writes nothing while the row is not what was seen', async () => {
    for (const [seen, wanted] of [
      [null, right],
      [right, old],
      [right, null],
    ] as const) {
      const { mend, written } = scene({ stored: { item: old, times: timesOf(V - 1) } });
      expect(await mend(seen, wanted)).toBe('changed');
      expect(written).toEqual([]);
    }
    const gone = scene({});
    expect(await gone.mend(old, right)).toBe('changed');
    expect(gone.written).toEqual([]);
  });

  test('writes nothing where something as new has been written, or will be', async () => {
    for (const [times, newest] of [
      [[null, V, null], -1],
      [[V - 1, V + 1, null], -1],
      [timesOf(V - 1), V],
    ] as const) {
      const { mend, written } = scene({ stored: { item: old, times } });
      expect(await mend(old, right, { newest })).toBe('changed');
      expect(written).toEqual([]);
    }
  });

  test('says of a row that was written with a time to come that it is not worth waiting for', async () => {
    for (const [aheadSeconds, outcome] of [
      [59, 'changed'],
      [61, 'later'],
    ] as const) {
      const time = (nowSeconds + aheadSeconds) * 1_000_000;
      const { mend, written } = scene({ stored: { item: old, times: [V - 1, time, null] } });
      expect(await mend(old, right)).toBe(outcome);
      expect(written).toEqual([]);
    }
  });

  test('writes nothing while no version is safe', async () => {
    const { mend, written, read } = scene({ stored: { item: old, times: timesOf(1) }, versionNow: null });
    expect(await mend(old, right)).toBe('changed');
    expect([written, read]).toEqual([[], []]);
  });

  test('finds a row of another key by its own key columns', async () => {
    const there = itemOf('a', { genre: { S: 'jazz' } });
    const { mend, read, written } = scene({
      mapping: movingMapping,
      stored: { item: there, times: timesOf(5) },
    });
    expect(await mend(there, null)).toBe('written');
    expect(read).toEqual([[Buffer.from('jazz'), Buffer.from('a')]]);
    expect(written[0]?.params.slice(1)).toEqual([Buffer.from('jazz'), Buffer.from('a')]);
  });

  test('leaves a row alone that another item has put at the place of the one that was seen', async () => {
    const mapping = mappingFrom({
      columns: [{ column: 'genre', type: 'text', attribute: 'genre' }],
      key: { partition: ['genre'], unique: true },
      leftovers: { column: 'other' },
    });
    const [mine, theirs] = ['a', 'b'].map((id) => itemOf(id, { genre: { S: 'jazz' } }));
    const { mend, written } = scene({ mapping, stored: { item: theirs!, times: [1] } });
    expect(await mend(mine!, null)).toBe('changed');
    const seen = rowFrom(new CqlRowShape(mapping, () => nowSeconds), theirs!).item;
    expect(await mend(mine!, null, { seen })).toBe('changed');
    expect(await mend(null, mine!)).toBe('refused');
    expect(written).toEqual([]);
  });

  test('gives a row that expires the seconds that are left to it', async () => {
    const mapping = mappingFrom({ leftovers: { column: 'other' }, ttl: { attribute: 'until' } });
    const until = itemOf('a', { until: { N: String(nowSeconds + 5000) } });
    const { mend, written } = scene({ mapping });
    expect(await mend(null, until)).toBe('written');
    expect(written[0]?.statement).toBe('insert ttl');
    expect(written[0]?.params.at(-1)).toEqual(Buffer.from([0, 0, 0x13, 0x88]));
  });

  test('tells an unknown outcome and a refusal, repeats what was not executed, and throws what is broken', async () => {
    const { ResponseError } = cassandra.errors;
    const outcomeOf = async (code: number, times = Number.POSITIVE_INFINITY) => {
      const { mend, written } = scene({
        onWrite: (count) => (count <= times ? new ResponseError(code, 'said the server') : null),
      });
      return [await mend(null, right), written.length];
    };
    expect(await outcomeOf(0x1100)).toEqual(['unknown', 1]);
    expect(await outcomeOf(0x2200)).toEqual(['refused', 1]);
    expect(await outcomeOf(0x1001, 3)).toEqual(['written', 4]);
    await expect(outcomeOf(0x2100)).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    await expect(outcomeOf(0x1000)).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
  });

  test('waits for its writes to show only where few nodes acknowledge them', () => {
    expect(scene({}).mender.settleMs).toBe(0);
    expect(scene({ consistency: 'one' }).mender.settleMs).toBe(1000);
  });
});
