import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Movement } from '../../../migration/verify/sides.ts';
import { verifyTable } from '../../../migration/verify/verify-table.ts';
import { itemOf, keyOf, VerifyWorld } from './verify-world.ts';

const lagMs = 4000;

/** Nothing ever moves. */
const STILL: Movement = {
  watch: () => {},
  drain: () => Promise.resolve(),
  traces: () => [],
  forget: () => {},
};

interface Asked {
  readonly keepsUnknown?: boolean;
  readonly against?: 'source' | 'topics';
  readonly sampleFraction?: number;
  readonly keys?: readonly string[];
  readonly showKeys?: boolean;
}

function verify(world: VerifyWorld, { against = 'source', keys, ...asked }: Asked = {}) {
  const movement = world.movement(lagMs);
  return verifyTable({
    table: 'Music',
    source: against === 'source' ? world.side(world.source) : world.topicSide(movement),
    target: world.side(world.target),
    movement: () => Promise.resolve(movement),
    clock: world.clock,
    signal: new AbortController().signal,
    giveUp: () => {},
    lagMs,
    estimatedRows: null,
    sampleFraction: 1,
    keys: keys?.map(keyOf) ?? null,
    showKeys: false,
    repair: null,
    ...asked,
  });
}

function world(rows: number): VerifyWorld {
  const made = new VerifyWorld();
  for (let n = 0; n < rows; n++) made.settled(`row${n}`, `${n}`);
  return made;
}

for (const against of ['source', 'topics'] as const) {
  describe(`a table that stands still, against the ${against}`, () => {
    test('is equal', async () => {
      expect(await verify(world(300), { against })).toEqual({
        table: 'Music',
        compared: 300,
        equal: 300,
        missing: 0,
        different: 0,
        extra: 0,
        examples: [],
      });
    });

    test('shows what is missing, different and extra', async () => {
      const made = world(300);
      made.target.delete('row7');
      made.target.set('row8', 'other');
      made.target.set('ghost', 'boo');
      const report = await verify(made, { against, showKeys: true });
      expect(report).toMatchObject({ compared: 301, equal: 298, missing: 1, different: 1, extra: 1 });
      expect(report.examples).toHaveLength(3);
      expect(report.examples).toContainEqual({ kind: 'missing', key: { id: { S: 'row7' } }, attributes: [] });
      expect(report.examples).toContainEqual({
        kind: 'different',
        key: { id: { S: 'row8' } },
        attributes: ['value'],
      });
      expect(report.examples).toContainEqual({ kind: 'extra', key: { id: { S: 'ghost' } }, attributes: [] });
    });

    test('hides keys unless they are asked for', async () => {
      const made = world(3);
      made.target.set('secret', 'x');
      const [example] = (await verify(made, { against })).examples;
      expect(example).toMatchObject({ kind: 'extra', keyHash: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(JSON.stringify(example)).not.toContain('secret');
    });

    test('is compared for the keys asked for only', async () => {
      const made = world(300);
      made.target.delete('row7');
      made.target.delete('row9');
      const report = await verify(made, { against, keys: ['row7', 'row8', 'nobody'] });
      expect(report).toMatchObject({ compared: 3, equal: 2, missing: 1 });
    });
  });
}

describe('against the topics', () => {
  test('the newest version of a key counts, in whatever order records are read', async () => {
    const made = world(10);
    const [first] = made.log;
    made.log.push({ id: 'row3', value: 'newest', version: 1000 }, { ...first!, id: 'row3', value: 'old' });
    made.target.set('row3', 'newest');
    expect(await verify(made, { against: 'topics' })).toMatchObject({ compared: 10, equal: 10 });
  });

  test('a key that was deleted is no key', async () => {
    const made = world(10);
    made.log.push({ id: 'row3', value: null, version: 1000 });
    made.target.delete('row3');
    expect(await verify(made, { against: 'topics' })).toMatchObject({ compared: 9, equal: 9 });
  });
});

describe('a sample', () => {
  test('holds the same keys on both sides', async () => {
    const report = await verify(world(4000), { sampleFraction: 0.1 });
    expect(report).toMatchObject({ missing: 0, different: 0, extra: 0 });
    expect(report.compared).toBeGreaterThan(300);
    expect(report.compared).toBeLessThan(500);
  });
});

describe('examples', () => {
  test('are twenty at most', async () => {
    const made = world(50);
    made.target.clear();
    const report = await verify(made);
    expect(report.missing).toBe(50);
    expect(report.examples).toHaveLength(20);
  });
});

describe('a table that moves', () => {
  const delays = fc.record({
    captureMs: fc.integer({ min: 1, max: 1500 }),
    targetMs: fc.integer({ min: 1600, max: 3500 }),
  });
  const hot = fc.record({
    everyMs: fc.integer({ min: 30, max: 9000 }),
    /** Values that the key goes through, again and again; null: a delete. */
    values: fc.array(fc.constantFrom('a', 'b', null), { minLength: 2, maxLength: 4 }),
    counts: fc.boolean(),
    delays,
    stopsMs: fc.integer({ min: 500, max: 30_000 }),
  });

  /** Keys that are written for a while, through a pipeline that is well. */
  function setOff(
    made: VerifyWorld,
    keys: readonly (typeof hot extends fc.Arbitrary<infer T> ? T : never)[],
  ) {
    keys.forEach(({ everyMs, values, counts, delays: after, stopsMs }, k) => {
      let n = 0;
      const step = () => {
        const value = values[n % values.length] ?? null;
        made.write(`hot${k}`, counts && value !== null ? `${value}${n}` : value, after);
        n += 1;
        if (made.nowMs < stopsMs) made.at(made.nowMs + everyMs, step);
      };
      made.at(made.nowMs + (k % 7), step);
    });
    // Under way long before anybody looks.
    made.advance(lagMs);
  }

  for (const against of ['source', 'topics'] as const) {
    test(`shows no difference where there is none, and each that there is, against the ${against}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(hot, { maxLength: 8 }),
          fc.uniqueArray(fc.nat(29), { maxLength: 4 }),
          fc.integer({ min: 1, max: 700 }),
          async (keys, damaged, lookMs) => {
            const made = world(30);
            made.lookMs = lookMs;
            setOff(made, keys);
            for (const n of damaged) made.target.set(`row${n}`, 'damaged');
            made.target.set('ghost', 'x');
            const report = await verify(made, { against });
            expect(report).toMatchObject({ missing: 0, different: damaged.length, extra: 1 });
          },
        ),
        { numRuns: 150 },
      );
    });

    test(`shows a write that was lost, of a key that moves on, against the ${against}`, async () => {
      const made = world(5);
      // The target stays behind: it holds what the source leaves and comes back to.
      const values = ['a', 'b', 'c'];
      let n = 0;
      const step = () => {
        const value = `${values[n % 3]}`;
        made.source.set('stuck', value);
        made.log.push({ id: 'stuck', value, version: 1_000_000 + n });
        n += 1;
        made.at(made.nowMs + 700, step);
      };
      made.at(made.nowMs, step);
      made.target.set('stuck', 'long ago');
      made.advance(lagMs);
      expect(await verify(made, { against })).toMatchObject({ different: 1, missing: 0, extra: 0 });
    });
  }

  for (const against of ['source', 'topics'] as const) {
    test(`shows a key that the target does not follow any more, against the ${against}`, async () => {
      const made = world(5);
      const endMs = made.nowMs + lagMs + 500;
      let n = 0;
      const step = () => {
        made.write('hot', `${n++}`, { captureMs: 100, targetMs: made.nowMs < endMs ? 1700 : 1_000_000 });
        made.at(made.nowMs + 70, step);
      };
      made.at(made.nowMs, step);
      made.advance(lagMs);
      expect(await verify(made, { against })).toMatchObject({ compared: 6, equal: 5, different: 1 });
    });
  }

  test('ends after two lags, whatever moves', async () => {
    const made = world(5);
    let n = 0;
    const step = () => {
      made.write('hot', `${n++}`, { captureMs: 100, targetMs: 1700 });
      made.at(made.nowMs + 50, step);
    };
    made.at(made.nowMs, step);
    made.advance(lagMs);
    const before = made.nowMs;
    expect(await verify(made)).toMatchObject({ compared: 6, equal: 6 });
    expect(made.nowMs - before).toBeLessThan(2 * lagMs + 500);
  });

  test('is judged by the values alone where nothing is captured', async () => {
    const made = world(5);
    made.target.set('row1', 'damaged');
    const report = await verifyTable({
      table: 'Music',
      source: made.side(made.source),
      target: made.side(made.target),
      movement: () => Promise.resolve(STILL),
      clock: made.clock,
      signal: new AbortController().signal,
      giveUp: () => {},
      lagMs,
      estimatedRows: 5,
      sampleFraction: 1,
      keys: null,
      showKeys: false,
      repair: null,
    });
    expect(report).toMatchObject({ compared: 5, equal: 4, different: 1 });
  });
});

describe('a side that fails', () => {
  test('ends the comparison with its error, after the other has stopped', async () => {
    const made = world(500);
    let gaveUp = false;
    const failing = {
      ...made.side(made.target),
      async *rows() {
        yield [];
        throw new Error('target is gone');
      },
    };
    const promise = verifyTable({
      table: 'Music',
      source: made.side(made.source),
      target: failing,
      movement: () => Promise.resolve(STILL),
      clock: made.clock,
      signal: new AbortController().signal,
      giveUp: () => {
        gaveUp = true;
      },
      lagMs,
      estimatedRows: null,
      sampleFraction: 1,
      keys: null,
      showKeys: false,
      repair: null,
    });
    await expect(promise).rejects.toThrow('target is gone');
    expect(gaveUp).toBe(true);
  });
});

test('items of the world are items', () => {
  expect(itemOf('a', 'b').json.toString()).toBe('{"id":{"S":"a"},"value":{"S":"b"}}');
});

test('rows that were there before and that the topics never mention are counted, and left alone (rule C1, events only)', async () => {
  const made = world(20);
  made.target.set('kept', 'by hand');
  made.target.set('row3', 'other');
  const asked = { against: 'topics', keepsUnknown: true } as const;
  const counts = { equal: 19, different: 1, extra: 0, unknown: 1 };
  expect(await verify(made, asked)).toMatchObject({ compared: 20, ...counts });
  const named = await verify(made, { ...asked, keys: ['kept', 'row1'] });
  expect(named).toMatchObject({ compared: 1, equal: 1, extra: 0, unknown: 1 });
});

test('a row that the topics say is deleted is extra, whatever was there before', async () => {
  const made = world(20);
  made.write('row3', null, { captureMs: 0, targetMs: 1_000_000 });
  made.advance(1);
  const report = await verify(made, { against: 'topics', keepsUnknown: true });
  expect(report).toMatchObject({ extra: 1, equal: 19 });
  expect(report).not.toHaveProperty('unknown');
});
