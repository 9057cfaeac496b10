import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WorkerSettings } from '../../../connectors/config/settings.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { GroupOptions } from '../../../connectors/kafka/group.ts';
import type { About } from '../../../connectors/worker/group/peers.ts';
import { Slots, slotGroups } from '../../../connectors/worker/group/slots.ts';
import { silent } from './silent-log.ts';

const group = vi.hoisted(() => ({
  options: null as GroupOptions | null,
  rejoins: 0,
  /** How many there are; this worker is the first. */
  members: 1,
  /** Classes of the others; default: those of this worker. */
  theirs: ['X'],
  stopped: false,
  isAway: false,
  /** Partitions of the topic. */
  partitions: 8,
}));

vi.mock('../../../connectors/kafka/group.ts', () => ({
  GroupMember: class {
    constructor(_client: unknown, options: GroupOptions) {
      group.options = options;
    }
    memberId = 'm0';
    async start() {}
    rejoin() {
      group.rejoins++;
    }
    async stop() {
      group.stopped = true;
    }
  },
}));
vi.mock('../../../connectors/kafka/committed.ts', () => ({
  describeGroup: async () => {
    if (group.isAway) throw new Error('away');
    return { state: 'Stable', members: membersNow() };
  },
}));

const about = (classes: readonly string[]): About => ({
  workerId: 'w',
  url: 'u',
  instance: 'i',
  classes: Object.fromEntries(classes.map((name) => [name, 'sink' as const])),
});
const membersNow = () =>
  Array.from({ length: group.members }, (_, i) => ({
    memberId: `m${i}`,
    about: about(i === 0 ? ['X'] : group.theirs),
  }));

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(group, {
    rejoins: 0,
    members: 2,
    theirs: ['X'],
    stopped: false,
    isAway: false,
    partitions: 8,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Knows how many partitions the topic has now. */
const kafka = {
  cluster: {
    refresh: async (_links: unknown, [topic = '']: string[]) => {
      if (group.isAway) throw new Error('away');
      return new Map([[topic, new Array<number>(group.partitions).fill(0)]]);
    },
  },
} as unknown as KafkaClient;

const settings = { topics: { slots: { topic: 'g-slots', partitions: 8 } } } as unknown as WorkerSettings;

/** Slots of a worker that owns some; `look` lets it see what has become busy, with another class where that is said. */
function subject(owned: readonly number[], holding: readonly number[] = []) {
  let busy = holding;
  let other: readonly number[] = [];
  let heard = 0;
  const failures: string[] = [];
  const slots = new Slots(
    kafka,
    settings,
    {
      groupId: 'g',
      about: about(['X']),
      type: 'sink',
      contents: () => {
        const of = (slot: number) =>
          new Map(
            [...(busy.includes(slot) ? ['X'] : []), ...(other.includes(slot) ? ['Y'] : [])].map((name) => [
              name,
              true,
            ]),
          );
        return new Map([...busy, ...other].map((slot) => [slot, of(slot)]));
      },
      onOwned: () => heard++,
      onFailed: (error) => failures.push(error.message),
    },
    silent,
  );
  const dealtOut = () => group.options!.unitsOf(new Map([['g-slots', group.partitions]]), membersNow());
  const assign = (partitions: readonly number[]) =>
    group.options?.onAssigned(
      // As whoever leads the group makes them of the topic as it is.
      dealtOut().filter((unit) => unit.partitions.some(({ partition }) => partitions.includes(partition))),
    );
  void assign(owned);
  const look = async (now: readonly number[], ofAnother: readonly number[] = []) => {
    [busy, other] = [now, ofAnother];
    slots.balance();
    await vi.advanceTimersByTimeAsync(2000);
  };
  const has = () => [...slots.of('X').owned];
  return { slots, has, heard: () => heard, failures, assign, look, dealtOut };
}

describe('the slots of a worker', () => {
  test('are units of two kinds, those that hold something and the others, in the order of their numbers', () => {
    group.partitions = 12;
    const { dealtOut } = subject([], [2, 10]);
    const units = dealtOut();
    expect(units.map(({ id }) => id)).toEqual(units.map(({ id }) => id).sort());
    expect(units.flatMap(({ kind, partitions }) => (kind === 'busy' ? partitions : []))).toEqual([
      { topic: 'g-slots', partition: 2 },
      { topic: 'g-slots', partition: 10 },
    ]);
    expect(units.filter(({ kind }) => kind === 'idle')).toHaveLength(10);
    expect(group.options?.unitsOf(new Map(), [])).toEqual([]);
  });

  test('are what it was given last, and none once they are lost', () => {
    const { has, heard, assign } = subject([1, 2]);
    expect(has()).toEqual([1, 2]);
    void assign([2, 3]);
    expect(has()).toEqual([2, 3]);
    group.options?.onLost();
    expect(has()).toEqual([]);
    expect(heard()).toBe(3);
  });

  test('are dealt out among workers of its own kind', () => {
    expect(slotGroups('g')).toEqual({ source: 'g', sink: 'g-sinks' });
  });
});

test("a part of a slot is a worker's for what it is of alone", () => {
  const { slots } = subject([]);
  const slot = (id: string, partition: number) => ({ id, partitions: [{ topic: 'g-slots', partition }] });
  void group.options?.onAssigned([slot('slot-0001/8', 1), slot('slot-0002/8/Y,Z', 2)]);
  expect(['X', 'Y', 'Z'].map((name) => [...slots.of(name).owned])).toEqual([[1], [1, 2], [1, 2]]);
  expect(slots.of('Y').count).toBe(8);
});

describe('a worker asks for other slots', () => {
  test('when it has more than its share of what is busy', async () => {
    const { look } = subject([0, 1, 2, 3]);
    await look([0, 1, 2]);
    expect(group.rejoins).toBe(1);
  });

  test('when it has less than its share', async () => {
    group.members = 3;
    const { look } = subject([4]);
    await look([0, 1, 2, 3]);
    expect(group.rejoins).toBe(1);
  });

  test('when something stands in one of them that it has not, and another has', async () => {
    group.theirs = ['X', 'Y'];
    const { look } = subject([0, 1]);
    await look([0, 2]);
    expect(group.rejoins).toBe(0);
    await look([0, 2], [1]);
    expect(group.rejoins).toBe(1);
  });

  test('once when what stands in one of them besides is only for another: that part was given to nobody', async () => {
    group.theirs = ['Y'];
    const { look, dealtOut } = subject([0, 1]);
    const whole = dealtOut().slice(0, 2);
    await look([0]);
    expect(group.rejoins).toBe(0);
    await look([0], [0]);
    await group.options?.onAssigned(whole);
    await look([0], [0]);
    expect(group.rejoins).toBe(1);
  });

  test('not for what nobody has', async () => {
    const { look } = subject([0, 1]);
    await look([], [0, 1]);
    expect(group.rejoins).toBe(0);
  });

  test('not when its share is fair, alone, or with nothing to do', async () => {
    const { look } = subject([0, 1]);
    await look([0, 1, 5]);
    await look([]);
    group.members = 1;
    await look([0, 1]);
    expect(group.rejoins).toBe(0);
  });

  test('once for all that comes together, and not again for what was not changed by it', async () => {
    const { slots, look, assign } = subject([0, 1, 2, 3]);
    slots.balance();
    slots.balance();
    await look([0, 1, 2]);
    await look([0, 1, 2]);
    expect(group.rejoins).toBe(1);
    // Whoever deals them out sees it otherwise: to ask for ever would help nobody.
    for (let again = 0; again < 3; again++) {
      await assign([0, 1, 2, 3]);
      await look([0, 1, 2]);
    }
    expect(group.rejoins).toBe(1);
  });

  test('again when it was given others that are not fair either', async () => {
    const { look, assign } = subject([0, 1, 2, 3]);
    await look([0, 1, 2]);
    await assign([0, 1, 2, 4]);
    await look([0, 1, 2]);
    expect(group.rejoins).toBe(2);
  });

  test('never while the coordinator is away, or when it stops', async () => {
    const { slots, look } = subject([0, 1, 2, 3]);
    group.isAway = true;
    await look([0, 1, 2]);
    group.isAway = false;
    const looking = look([0, 1, 2, 3]);
    await slots.stop();
    await looking;
    expect([group.rejoins, group.stopped]).toEqual([0, true]);
  });
});

describe('a slots topic that was given more partitions', () => {
  const MINUTE_MS = 60_000;

  test('has its slots dealt out anew, once, by whoever sees it', async () => {
    const { slots, has, assign } = subject([0, 1]);
    await slots.start();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(group.rejoins).toBe(0);
    group.partitions = 12;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(group.rejoins).toBe(1);
    expect(slots.count).toBe(8);
    void assign([10]);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect([group.rejoins, slots.count, has()]).toEqual([1, 12, [10]]);
    await slots.stop();
  });

  test('is no news to a worker that was given some of the new ones already, or that cannot ask', async () => {
    const { slots, assign } = subject([0]);
    await slots.start();
    group.partitions = 12;
    void assign([0, 11]);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    group.isAway = true;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect([group.rejoins, slots.count]).toEqual([0, 12]);
    await slots.stop();
  });

  test('counts as it was while whoever owns none is not told', async () => {
    const { slots, assign } = subject([0]);
    group.partitions = 12;
    void assign([]);
    expect(slots.count).toBe(8);
  });
});
