import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Fate, Killed, quietMs, type RepairOptions, RepairWorld, settleMs } from './repair-world.ts';
import { keyOf } from './verify-world.ts';

const sides = ['source', 'topics'] as const;
const delays = { captureMs: 300, targetMs: 1200 };

/** Writes a key again and again, with numbers that rise; every `deletes`-th write is a delete. */
function keepWriting(
  world: RepairWorld,
  id: string,
  { everyMs, untilMs, deletes = 0 }: { everyMs: number; untilMs: number; deletes?: number },
): void {
  let n = 0;
  const step = () => {
    n += 1;
    world.write(id, deletes > 0 && n % deletes === 0 ? null : `${1000 + world.nowMs * 10}`, delays);
    if (world.nowMs + everyMs < untilMs) world.at(world.nowMs + everyMs, step);
  };
  world.at(world.nowMs + 1, step);
}

for (const against of sides) {
  describe(`a table that stands still, against the ${against}`, () => {
    test('is mended in both directions, and looked at again', async () => {
      const world = new RepairWorld(300);
      world.target.delete('row7');
      world.target.set('row8', 'damaged');
      world.target.set('ghost', 'boo');
      const report = await world.repair({ against });
      expect(report).toMatchObject({ compared: 300, equal: 300, missing: 0, different: 0, extra: 0 });
      expect(report).toMatchObject({ repaired: 3, waiting: 0, immovable: 0, refused: 0 });
      expect(new Map(world.target)).toEqual(world.source);
      expect(world.pending).toEqual([]);
      expect(world.nowMs - world.mended.at(-1)!.atMs).toBeGreaterThanOrEqual(settleMs);
    });

    test('is mended for the keys asked for only', async () => {
      const world = new RepairWorld(30);
      for (const id of ['row7', 'row8', 'row9']) world.target.delete(id);
      const keys = [keyOf('row7'), keyOf('row8'), keyOf('nobody')];
      const report = await world.repair({ against, keys });
      expect(report).toMatchObject({ compared: 3, equal: 3, repaired: 2 });
      expect(world.target.has('row9')).toBe(false);
    });

    test('is left alone where nothing differs', async () => {
      const world = new RepairWorld(30);
      expect(await world.repair({ against })).toMatchObject({ equal: 30, repaired: 0 });
      expect(world.mended).toEqual([]);
    });
  });

  describe(`rows that resist, against the ${against}`, () => {
    test('a row that cannot be compared is compared less strictly the next time', async () => {
      const world = new RepairWorld(30);
      world.target.set('row3', 'odd');
      world.uncomparable.add('row3');
      expect(await world.repair({ against })).toMatchObject({ equal: 30, repaired: 1, refused: 0 });
    });

    test('a row that is refused is tried three times and named, without waiting any longer', async () => {
      const world = new RepairWorld(30);
      world.target.delete('row3');
      world.unwanted.add('row3');
      const begunMs = world.nowMs;
      const report = await world.repair({ against });
      expect(report).toMatchObject({ equal: 29, missing: 1, repaired: 0, waiting: 0, refused: 1 });
      expect(world.nowMs - begunMs).toBeLessThan(2 * quietMs);
    });

    test('a row with a time to come is named, without waiting for it', async () => {
      const world = new RepairWorld(30);
      world.target.set('row3', 'foreign');
      world.stampedAhead.add('row3');
      const begunMs = world.nowMs;
      const report = await world.repair({ against });
      expect(report).toMatchObject({ equal: 29, different: 1, repaired: 0, waiting: 0, immovable: 1 });
      expect(world.nowMs - begunMs).toBeLessThan(quietMs);
    });
  });

  describe(`keys that move, against the ${against}`, () => {
    test('a key that changed is mended by this very run, when its minute is over', async () => {
      const world = new RepairWorld(30);
      world.target.laterUntil.set('row3', 20_000);
      keepWriting(world, 'row3', { everyMs: 500, untilMs: 15_000 });
      world.advance(10_000);
      const report = await world.repair({ against });
      expect(report).toMatchObject({ equal: 30, repaired: 1, waiting: 0 });
      expect(world.mended).toHaveLength(1);
      expect(world.mended[0]!.atMs).toBeGreaterThan(15_000 + quietMs);
    });

    test('a key that never stands still is not waited for, and said to wait', async () => {
      const world = new RepairWorld(30);
      world.target.delete('row1');
      // Foreign writes that the sink cannot beat.
      world.target.laterUntil.set('row3', Number.POSITIVE_INFINITY);
      keepWriting(world, 'row3', { everyMs: 700, untilMs: Number.POSITIVE_INFINITY });
      world.advance(10_000);
      const begunMs = world.nowMs;
      const report = await world.repair({ against });
      expect(report).toMatchObject({ compared: 30, equal: 29, different: 1 });
      expect(report).toMatchObject({ repaired: 1, waiting: 1, immovable: 0, refused: 0 });
      expect(world.nowMs - begunMs).toBeLessThan(5 * quietMs);
      expect(world.mended.map(({ id }) => id)).toEqual(['row1']);
    });

    test('a row that was written with a later clock is mended once that has passed, or named', async () => {
      const world = new RepairWorld(30);
      for (const id of ['row3', 'row4']) world.target.set(id, 'foreign');
      world.target.laterUntil.set('row3', 40_000).set('row4', Number.POSITIVE_INFINITY);
      const report = await world.repair({ against });
      expect(report).toMatchObject({ equal: 29, different: 1 });
      expect(report).toMatchObject({ repaired: 1, waiting: 0, immovable: 1, refused: 0 });
    });
  });
}

describe('a key that was written is never left to the changes that follow', () => {
  test('a delete that times out each time leaves its row unsettled, and does not end the run early', async () => {
    const world = new RepairWorld(30);
    world.target.set('ghost', 'boo');
    const report = await world.repair({ fates: ['never'], patienceMs: quietMs });
    expect(report).toMatchObject({ extra: 1, repaired: 0, waiting: 1, unsettled: 1 });
  });

  test('a row that came back under our delete is mended by this very run, though it changed a moment before the end', async () => {
    const world = new RepairWorld(30);
    world.target.set('ghost', 'boo');
    // Its change is dealt with already when our delete, which saw nothing of the new row, takes it away.
    world.at(50_000, () => {
      world.write('ghost', '1000', { captureMs: 1, targetMs: 2 });
      world.at(world.nowMs + 3, () => world.target.delete('ghost'));
    });
    const report = await world.repair({ fates: ['never', 'never', 'never', 'done'], patienceMs: quietMs });
    expect(report).toMatchObject({ equal: 31, missing: 0, extra: 0, unsettled: 0 });
    expect(world.target.get('ghost')).toBe('1000');
  });

  test('a key that only moves was not written, and is not waited for any longer', async () => {
    const world = new RepairWorld(30);
    world.target.laterUntil.set('row3', Number.POSITIVE_INFINITY);
    keepWriting(world, 'row3', { everyMs: 700, untilMs: Number.POSITIVE_INFINITY });
    world.advance(10_000);
    const begunMs = world.nowMs;
    expect(await world.repair({ patienceMs: quietMs })).toMatchObject({ waiting: 1, unsettled: 0 });
    expect(world.nowMs - begunMs).toBeLessThan(2.5 * quietMs);
  });

  test('a row that the target never finds as it gives it back is no refused item', async () => {
    const world = new RepairWorld(30);
    world.target.set('row3', 'odd');
    world.unmatchable.add('row3');
    const report = await world.repair();
    expect(report).toMatchObject({ different: 1, immovable: 1, refused: 0, waiting: 0 });
  });
});

for (const against of sides) {
  /** Row 1 is damaged, and changes once at some moment around its repair. */
  const changedAt = async (atMs: number, captureMs: number) => {
    const world = new RepairWorld(3);
    world.lookMs = 1500;
    world.target.set('row1', 'damaged');
    world.at(atMs, () => world.write('row1', '1000', { captureMs, targetMs: captureMs + 100 }));
    await world.repair({ against });
    world.advance(quietMs);
    expect(world.target.get('row1')).toBe('1000');
    return world;
  };
  const moments = Array.from({ length: 125 }, (_, n) => 1000 + n * 200);

  test(`a change that overtakes the repair is not put back, against the ${against}`, async () => {
    let mended = 0;
    for (const atMs of moments) {
      const world = await changedAt(atMs, 50);
      expect(world.regressions).toEqual([]);
      mended += world.mended.length;
    }
    expect(mended).toBeGreaterThan(0);
  });

  test(`what changes between two reads waits, though the topics do not know yet, against the ${against}`, async () => {
    for (const atMs of moments) {
      const { mended } = await changedAt(atMs, 3500);
      for (const { value, atMs: mendedMs } of mended) {
        if (value === '1000') expect(mendedMs).toBeGreaterThan(atMs + quietMs);
      }
    }
  });
}

test('what an interrupted repair has left under way is waited for before anything is compared', async () => {
  const world = new RepairWorld(3);
  const rows = [...world.source.keys()];
  for (const row of rows) world.target.delete(row);
  const late = { lateMs: 8000 };
  await expect(world.repair({ fates: [late, late, 'kill'] })).rejects.toThrow(Killed);
  expect(world.pending).toHaveLength(3);
  // The sink finds nothing to delete; the rows come only after that.
  for (const row of rows) world.write(row, null, { captureMs: 100, targetMs: 200 });
  world.advance(1000);
  await world.repair();
  world.advance(quietMs);
  expect(new Map(world.target)).toEqual(world.source);
});

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fate>('done') },
  { weight: 2, arbitrary: fc.constantFrom<Fate>('lost', 'never') },
  { weight: 3, arbitrary: fc.record({ lateMs: fc.integer({ min: 1, max: settleMs - 2000 }) }) },
  { weight: 1, arbitrary: fc.constant<Fate>('kill') },
);

const story = fc.record({
  against: fc.constantFrom(...sides),
  fates: fc.array(fate, { minLength: 1, maxLength: 12 }),
  missing: fc.uniqueArray(fc.nat(9), { maxLength: 6 }),
  different: fc.uniqueArray(fc.nat(9), { maxLength: 6 }),
  later: fc.array(fc.record({ row: fc.nat(9), untilMs: fc.integer({ min: 0, max: 60_000 }) }), {
    maxLength: 2,
  }),
  hot: fc.array(
    fc.record({
      row: fc.nat(11),
      fromMs: fc.oneof(fc.integer({ min: 3000, max: 20_000 }), fc.integer({ min: 0, max: 150_000 })),
      everyMs: fc.integer({ min: 30, max: 90_000 }),
      deletes: fc.integer({ min: 0, max: 4 }),
      untilMs: fc.integer({ min: 1000, max: 200_000 }),
    }),
    { maxLength: 8 },
  ),
  lookMs: fc.integer({ min: 1, max: 3000 }),
});

/** The application writes no more. */
const QUIET_FROM_MS = 210_000;

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** Damages, writes and repairs, killed or not, until a repair after the last write has ended. */
async function live(told: Story, options: RepairOptions = {}): Promise<RepairWorld> {
  const world = new RepairWorld(10);
  world.lookMs = told.lookMs;
  for (const n of told.missing) world.target.delete(`row${n}`);
  for (const n of told.different) world.target.set(`row${n}`, 'damaged');
  world.target.set('ghost', 'boo');
  for (const { row, untilMs } of told.later) world.target.laterUntil.set(`row${row}`, untilMs);
  for (const { row, fromMs, ...how } of told.hot) {
    world.at(fromMs, () => keepWriting(world, `row${row}`, how));
  }
  const { against, fates } = told;
  let runs = 0;
  for (let isDone = false; !isDone; ) {
    if (++runs > 30) throw new Error('no end');
    const begunMs = world.nowMs;
    // In the end somebody answers.
    const left: Fate[] = runs < 8 ? [...fates, 'done'] : ['done'];
    try {
      const report = await world.repair({ against, fates: left, ...options });
      isDone = begunMs > QUIET_FROM_MS && report.missing + report.different + report.extra === 0;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    world.advance(runs % 2 === 0 ? QUIET_FROM_MS : 1);
  }
  // Whatever is still under way.
  world.advance(quietMs);
  return world;
}

describe('whatever meets: writes, the sink, lost and late answers, kills', () => {
  const holds = (options: RepairOptions) =>
    fc.asyncProperty(story, async (told) => {
      const world = await live(told, options);
      expect(new Map(world.target)).toEqual(world.source);
      expect(world.regressions).toEqual([]);
    });

  test('the target ends like the source, and no older image is ever put over a newer one', async () => {
    await fc.assert(holds({}), { numRuns: 600 });
  }, 120_000);

  test('writes without a condition put older images over newer ones', async () => {
    const { failed } = await fc.check(holds({ isConditional: false }), {
      seed: 1,
      numRuns: 2000,
      endOnFailure: true,
    });
    expect(failed).toBe(true);
  }, 60_000);
});

test('changes of keys that have stood still for long are forgotten, so that memory stays bounded', async () => {
  const world = new RepairWorld(3);
  const movement = world.movement(4000);
  for (const row of ['row1', 'row2']) {
    movement.watch(keyOf(row));
    world.write(row, '1000', delays);
    world.advance(10_000);
    await movement.drain();
  }
  movement.forget(world.nowMs - 5000);
  expect(movement.traces(keyOf('row1'))).toEqual([]);
  expect(movement.traces(keyOf('row2'))).toHaveLength(1);
});
