import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WorkerSettings } from '../../../connectors/config/settings.ts';
import type { Unit } from '../../../connectors/kafka/assignor.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { GroupOptions } from '../../../connectors/kafka/group.ts';
import { Slots, slotGroups, slotUnits } from '../../../connectors/worker/slots.ts';
import { silent } from './silent-log.ts';

const group = vi.hoisted(() => ({
  options: null as GroupOptions | null,
  rejoins: 0,
  members: 1,
  stopped: false,
  isAway: false,
}));

vi.mock('../../../connectors/kafka/group.ts', () => ({
  GroupMember: class {
    constructor(_client: unknown, options: GroupOptions) {
      group.options = options;
    }
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
    return { state: 'Stable', members: Array.from({ length: group.members }, () => ({})) };
  },
}));

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(group, { rejoins: 0, members: 2, stopped: false, isAway: false });
});
afterEach(() => {
  vi.useRealTimers();
});

const settings = { topics: { slots: { topic: 'g-slots', partitions: 8 } } } as unknown as WorkerSettings;

/** Slots of a worker that owns some; `look` lets it see what has become busy. */
function subject(owned: readonly number[]) {
  let busy: readonly number[] = [];
  const heard: (readonly number[])[] = [];
  const failures: string[] = [];
  const slots = new Slots(
    {} as KafkaClient,
    settings,
    {
      groupId: 'g',
      about: { workerId: 'w', url: 'u', classes: {} },
      busy: () => new Set(busy),
      onOwned: (set) => heard.push([...set]),
      onFailed: (error) => failures.push(error.message),
    },
    silent,
  );
  const assign = (partitions: readonly number[]) =>
    group.options?.onAssigned(
      partitions.map(
        (partition): Unit => ({ id: `${partition}`, partitions: [{ topic: 'g-slots', partition }] }),
      ),
    );
  void assign(owned);
  const look = async (now: readonly number[]) => {
    busy = now;
    slots.balance();
    await vi.advanceTimersByTimeAsync(2000);
  };
  return { slots, heard, failures, assign, look };
}

describe('the slots of a worker', () => {
  test('are units of two kinds, those that hold something and the others, in the order of their numbers', () => {
    const units = slotUnits(new Map([['g-slots', 12]]), new Set([2, 10]));
    expect(units.map(({ id }) => id)).toEqual(units.map(({ id }) => id).sort());
    expect(units.flatMap(({ kind, partitions }) => (kind === 'busy' ? partitions : []))).toEqual([
      { topic: 'g-slots', partition: 2 },
      { topic: 'g-slots', partition: 10 },
    ]);
    expect(units.filter(({ kind }) => kind === 'idle')).toHaveLength(10);
    expect(slotUnits(new Map(), new Set())).toEqual([]);
  });

  test('are what it was given last, and none once they are lost', () => {
    const { slots, heard, assign } = subject([1, 2]);
    expect([...slots.owned]).toEqual([1, 2]);
    void assign([2, 3]);
    expect([...slots.owned]).toEqual([2, 3]);
    group.options?.onLost();
    expect(slots.owned.size).toBe(0);
    expect(heard).toEqual([[1, 2], [2, 3], []]);
  });

  test('are dealt out among workers of its own kind', () => {
    expect(slotGroups('g')).toEqual({ source: 'g', sink: 'g-sinks' });
  });
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
