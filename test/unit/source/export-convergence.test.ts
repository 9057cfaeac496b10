import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Item } from '../../../schemas/item.ts';
import { encodeKey } from '../../../schemas/key.ts';
import { rowReader } from '../../../source/export/row.ts';
import { music } from './export-fixture.ts';
import { History } from './export-history.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** X of the full export. */
const X = Date.parse('2024-06-10T06:13:20Z');

describe('rule C1: a full export and contiguous windows', () => {
  const FUZZ = MINUTE;
  const keys = ['k1', 'k2', 'k3', 'k4', 'k5'];
  const write = fc.record({
    atMs: fc.oneof(
      fc.integer({ min: X - 2 * HOUR, max: X + 4 * HOUR }),
      // About X, where the full export may or may not hold it.
      fc.integer({ min: X - 2 * FUZZ, max: X + 2 * FUZZ }),
    ),
    key: fc.constantFrom(...keys),
    n: fc.oneof({ weight: 3, arbitrary: fc.nat(999) }, { weight: 2, arbitrary: fc.constant(null) }),
  });
  const world = (begin: fc.Arbitrary<number>) =>
    fc.record({
      writes: fc.array(write, { minLength: 3, maxLength: 40 }),
      fuzz: fc.array(fc.integer({ min: -FUZZ, max: FUZZ }), { minLength: 5, maxLength: 5 }),
      begin,
      ends: fc.uniqueArray(fc.integer({ min: X + 2 * FUZZ, max: X + 4 * HOUR }), {
        minLength: 1,
        maxLength: 4,
      }),
      /** Of a window with the one before it. */
      overlap: fc.constantFrom(0, 1, 30 * MINUTE),
      view: fc.constantFrom('NEW_IMAGE' as const, 'NEW_AND_OLD_IMAGES' as const),
    });
  type World = typeof world extends (begin: never) => fc.Arbitrary<infer W> ? W : never;

  const keyOf = (artist: string) => encodeKey(music.keySchema, new Map([['Artist', { S: artist }]]));
  const read = {
    full: rowReader({ window: false, ion: false }, music.keySchema),
    window: rowReader({ window: true, ion: false }, music.keySchema),
  };

  /** What is read from a chain of exports of a world, applied in order; and what the table holds at their end. */
  function ends(of: World) {
    const history = new History(of.writes);
    const tos = [...of.ends].sort((a, b) => a - b);
    const applied = new Map<string, number>();
    const apply = (lines: readonly string[], kind: keyof typeof read) => {
      for (const line of lines) {
        const bytes = Buffer.from(line);
        const { key, avro } = read[kind].read(bytes, 0, bytes.length);
        const id = keys.find((one) => key.equals(keyOf(one)))!;
        const n = avro && Item.fromAvro(avro).attributes.get('n');
        if (n && 'N' in n) applied.set(id, Number(n.N));
        else applied.delete(id);
      }
    };
    apply(
      history.fullLines((key) => X + of.fuzz[keys.indexOf(key)]!),
      'full',
    );
    const windows = tos.map((to, i) => {
      const from = i === 0 ? X + of.begin : tos[i - 1]! - of.overlap;
      return { from, to, knownTo: tos[i - 1] ?? X + FUZZ };
    });
    for (const { from, to } of windows) apply(history.windowLines(from, to, of.view), 'window');
    return { applied, history, windows, table: history.tableBefore(tos.at(-1)!) };
  }

  test('end as the table was, but for keys born in a window while what came before it still saw them, and deleted in it', () => {
    const exceptions = { first: 0, later: 0 };
    fc.assert(
      fc.property(world(fc.integer({ min: -30 * MINUTE, max: -5 * MINUTE })), (of) => {
        const { applied, history, windows, table } = ends(of);
        for (const key of keys) {
          if (applied.get(key) === table.get(key)) continue;
          // It is there and should not be, and only a repair mends it: the window that it went in has no row for it.
          expect([key, applied.has(key), table.has(key)]).toEqual([key, true, false]);
          const at = windows.findIndex(
            ({ from, to, knownTo }) =>
              history.before(key, from) === null &&
              history.before(key, to) === null &&
              of.writes.some((w) => w.key === key && w.n !== null && w.atMs >= from && w.atMs < knownTo),
          );
          expect(at).toBeGreaterThanOrEqual(0);
          exceptions[at === 0 ? 'first' : 'later'] += 1;
        }
      }),
      { numRuns: 3000, seed: 5 },
    );
    // The exceptions are none of the test's imagination.
    expect(exceptions.first).toBeGreaterThan(0);
    expect(exceptions.later).toBeGreaterThan(0);
  });

  test('without the slack would lose what was written shortly before X', () => {
    let lost = 0;
    fc.assert(
      fc.property(world(fc.constant(0)), (of) => {
        const { applied, table } = ends(of);
        lost += [...table].filter(([key, n]) => applied.get(key) !== n).length;
      }),
      { numRuns: 300, seed: 5 },
    );
    expect(lost).toBeGreaterThan(0);
  });
});
