import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { sumOutcomes } from '../../../connectors/runtime/outcomes.ts';
import { RetryLane } from '../../../connectors/runtime/retry/retry-lane.ts';
import { Turns } from '../../../connectors/runtime/turns.ts';
import { type Event, type History, RetryWorld } from './retry-world.ts';
import type { Topics } from './topic-fakes.ts';

const topics = vi.hoisted(() => new Map()) as Topics;

vi.mock('../../../connectors/kafka/reader.ts', async () => ({
  TopicReader: (await import('./topic-fakes.ts')).memoryReader(topics),
}));
vi.mock('../../../connectors/kafka/offsets.ts', async () =>
  (await import('./topic-fakes.ts')).memoryOffsets(topics),
);

beforeEach(() => topics.clear());

const put = (key: string, item: number): Event => ({ key, item });
const gone = (key: string): Event => ({ key, item: null });
/** Items from 100 on are refused. */
const poison: History['refuses'] = (item) => (item >= 100 ? 'RECORD_REFUSED' : null);
const nothing: History['refuses'] = () => null;

async function worldOf(history: Partial<History> & Pick<History, 'events'>): Promise<RetryWorld> {
  const { events } = history;
  const world = new RetryWorld(topics, {
    snapshotAt: 0,
    writeFrom: 0,
    position: events.length,
    refuses: poison,
    ...history,
  });
  await world.load();
  return world;
}

describe('a retried dead letter', () => {
  test('is written once the target takes it, and counts as written', async () => {
    const world = await worldOf({ events: [put('a', 100), put('b', 1)] });
    expect(world.state.changes.outcomes).toMatchObject({ written: 1, deadLettered: 1 });
    world.refuses = nothing;
    expect(await world.retry()).toEqual({ letters: 1, written: 1, filtered: 0, superseded: 0, failed: 0 });
    expect(world.item('a')).toBe(100);
    expect(world.state.changes.outcomes).toMatchObject({ written: 2, deadLettered: 0 });
    expect(world.waiting()).toEqual([]);
  });

  test('is not written over a newer item that was written: it counts as superseded', async () => {
    const world = await worldOf({ events: [put('a', 100), put('a', 2)] });
    world.refuses = nothing;
    expect(await world.retry()).toMatchObject({ written: 0, superseded: 1 });
    expect(world.item('a')).toBe(2);
  });

  test('does not bring back an item that was deleted since', async () => {
    const world = await worldOf({ events: [put('a', 100), gone('a')], snapshotAt: 1, writeFrom: 1 });
    world.refuses = nothing;
    expect(await world.retry()).toMatchObject({ letters: 1, superseded: 1 });
    expect(world.item('a')).toBeNull();
  });

  test('is left to the sink when the newest record of its key is still to come', async () => {
    const world = await worldOf({ events: [put('a', 100), put('a', 2)], position: 1 });
    world.refuses = nothing;
    expect(await world.retry()).toMatchObject({ superseded: 1 });
    expect(world.target.puts).toHaveLength(1);
    await world.follow();
    expect(world.item('a')).toBe(2);
  });

  test('of several of a key is the newest alone', async () => {
    const world = await worldOf({ events: [put('a', 100), put('a', 101), put('a', 102)] });
    world.refuses = nothing;
    expect(await world.retry()).toMatchObject({ letters: 3, written: 1, superseded: 2 });
    expect(world.item('a')).toBe(102);
    expect(world.state.changes.outcomes).toEqual({ written: 1, superseded: 2, filtered: 0, deadLettered: 0 });
  });

  test('of a row, whose change before it the gate has passed over, is sent as that change', async () => {
    const world = await worldOf({ events: [put('a', 100)], snapshotAt: 1, writeFrom: 1 });
    world.refuses = nothing;
    expect(await world.retry()).toMatchObject({ letters: 1, written: 0, superseded: 1 });
    expect(world.item('a')).toBe(100);
  });

  test('of a row, sent as such a change, that fails again waits as the letter of the change', async () => {
    const world = await worldOf({ events: [put('a', 100)], snapshotAt: 1, writeFrom: 1 });
    expect(await world.retry()).toMatchObject({ letters: 1, superseded: 0, failed: 1 });
    expect(world.waiting()).toMatchObject([{ place: { topic: 'changes', offset: 0 } }]);
    expect(world.state.snapshot.outcomes).toMatchObject({ superseded: 1, deadLettered: 0 });
    expect(world.state.changes.outcomes).toMatchObject({ superseded: 0, deadLettered: 1 });
  });

  test('that fails again waits again, with the new reason', async () => {
    const world = await worldOf({ events: [put('a', 100), put('b', 101)] });
    world.refuses = (item) => (item === 100 ? 'RECORD_TOO_LARGE' : null);
    expect(await world.retry()).toMatchObject({ letters: 2, written: 1, failed: 1 });
    expect(world.waiting()).toMatchObject([
      { reason: 'RECORD_TOO_LARGE', place: { topic: 'changes', offset: 0 } },
    ]);
    expect(world.state.changes.outcomes).toMatchObject({ written: 1, deadLettered: 1 });
    world.refuses = nothing;
    expect(await world.retry()).toMatchObject({ letters: 1, written: 1 });
    expect(await world.retry()).toMatchObject({ letters: 0 });
  });

  test('of another reason than the one asked for goes on waiting', async () => {
    const world = await worldOf({
      events: [put('a', 100), put('b', 101)],
      refuses: (item) => (item === 100 ? 'RECORD_TOO_LARGE' : 'RECORD_REFUSED'),
    });
    world.refuses = nothing;
    expect(await world.retry('RECORD_TOO_LARGE')).toMatchObject({ letters: 1, written: 1 });
    expect(world.waiting()).toMatchObject([{ reason: 'RECORD_REFUSED' }]);
    expect(world.state.changes.outcomes).toMatchObject({ written: 1, deadLettered: 1 });
    await world.retry('RECORD_REFUSED');
    expect(world.waiting()).toEqual([]);
  });

  test('is sent again by who comes after a kill, and counts once', async () => {
    const world = await worldOf({ events: [put('a', 100), put('b', 101), put('c', 102)] });
    world.refuses = (item) => (item === 102 ? 'RECORD_REFUSED' : null);
    const before = world.state;
    await world.retry();
    // Killed after it has written and set aside again, before it could commit.
    world.state = before;
    expect(world.waiting()).toHaveLength(3);
    world.refuses = nothing;
    expect(await world.retry()).toMatchObject({ letters: 3, written: 3 });
    expect(world.state.changes.outcomes).toMatchObject({ written: 3, deadLettered: 0 });
    expect(world.waiting()).toEqual([]);
  });

  test('goes on waiting when its lane is given up before it was sent', async () => {
    const world = await worldOf({ events: [put('a', 100)] });
    world.refuses = nothing;
    let done = 0;
    const asked = { letters: [], reason: null, read: { topic: 'dead', end: 1 } };
    const lane = new RetryLane(await world.parts(), asked, new Turns(1), () => done++);
    const running = lane.run();
    await lane.drain();
    await running;
    expect(done).toBe(0);
    expect(world.waiting()).toHaveLength(1);
  });

  test('of a table that is still loading is refused: everything is on the move', async () => {
    const world = await worldOf({ events: [put('a', 100)] });
    world.state = { ...world.state, snapshot: { ...world.state.snapshot, gateOpen: false } };
    await expect(world.retry()).rejects.toMatchObject({ code: 'NOT_MIGRATED', detail: { table: 'T' } });
    world.state = { ...world.state, snapshot: { ...world.state.snapshot, gateOpen: true, snapshot: 's0' } };
    await expect(world.retry()).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
  });
});

const history = fc
  .record({
    events: fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        item: fc.option(fc.nat({ max: 35 }), { freq: 4 }),
      }),
      { minLength: 1, maxLength: 14 },
    ),
    cuts: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
    reason: fc.constantFrom(null, 'RECORD_REFUSED', 'RECORD_TOO_LARGE'),
  })
  .map(({ events, cuts, reason }) => {
    const snapshotAt = cuts[0] % (events.length + 1);
    const writeFrom = cuts[1] % (snapshotAt + 1);
    const position = writeFrom + (cuts[2] % (events.length - writeFrom + 1));
    return { events, snapshotAt, writeFrom, position, reason };
  });

const refusing =
  (multiple: number): History['refuses'] =>
  (item) =>
    item % multiple > 0 ? null : item % 4 > 1 ? 'RECORD_TOO_LARGE' : 'RECORD_REFUSED';

const newestOf = (events: readonly Event[], key: string) =>
  events.findLast((event) => event.key === key)?.item ?? null;

describe('whatever happened before, a retry', () => {
  test('writes no older item over a newer one, and leaves as many letters as it counts', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ reason, ...given }) => {
        topics.clear();
        const world = await worldOf({ ...given, refuses: refusing(2) });
        const sums = () =>
          [world.state.snapshot, world.state.changes].map((one) => sumOutcomes(one.outcomes));
        const before = { sums: sums(), items: ['a', 'b', 'c'].map((key) => world.item(key)) };
        // Some of what was refused is taken now.
        world.refuses = refusing(6);
        const { letters, written, filtered, superseded, failed } = await world.retry(reason);
        expect(written + filtered + superseded + failed).toBe(letters);
        expect(sums()).toEqual(before.sums);
        for (const topic of ['snapshot', 'changes'] as const) {
          const waiting = world.waiting().filter(({ place }) => place?.topic === topic);
          expect(world.state[topic].outcomes.deadLettered).toBe(waiting.length);
        }
        ['a', 'b', 'c'].forEach((key, i) => {
          if (world.item(key) !== before.items[i]) expect(world.item(key)).toBe(newestOf(given.events, key));
        });
      }),
      { numRuns: 100 },
    );
  });

  test('ends, when the sink goes on and all reasons are gone, with the source', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ reason: _, ...given }) => {
        topics.clear();
        const world = await worldOf({ ...given, refuses: refusing(2) });
        world.refuses = nothing;
        await world.retry();
        await world.follow();
        const keys = ['a', 'b', 'c'];
        expect(keys.map((key) => world.item(key))).toEqual(keys.map((key) => newestOf(given.events, key)));
        expect(world.waiting()).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('is needed: sending the originals again, in order, ends with older items over newer ones', async () => {
    const world = await worldOf({ events: [put('a', 100), put('a', 2)] });
    world.refuses = nothing;
    const { target } = await world.parts();
    for (const raw of topics.get('dead')!) {
      const record = target.world.converter.decode({ key: raw.key!, value: raw.value!, timestampMs: 0 });
      await target.task.put(target.table, 'T/0', [record]);
    }
    expect(world.item('a')).toBe(100);
  });
});
