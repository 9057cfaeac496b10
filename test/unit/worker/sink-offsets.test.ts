import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { CommitEntry, Committed } from '../../../connectors/kafka/committed.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import { FRESH_LANE, type LaneState, readLane, writeLane } from '../../../connectors/runtime/lane-state.ts';
import { topicNames } from '../../../connectors/topic-names.ts';
import { allToStart, moveSink, readMoves, sinkOffsets } from '../../../connectors/worker/sink-offsets.ts';

const group = vi.hoisted(() => ({
  commits: new Map<string, { offset: number | null; metadata: string }>(),
  members: 0,
  /** Somebody joins between the look and the commit. */
  joins: false,
}));
const PARTITIONS = 2;

vi.mock('../../../connectors/kafka/committed.ts', () => ({
  fetchCommitted: async (_client: unknown, _group: string, topics: readonly string[]) =>
    new Map(
      topics
        .filter((topic) => topic.startsWith('p.T.'))
        .map((topic) => [
          topic,
          new Map(
            Array.from({ length: PARTITIONS }, (_, partition) => [
              partition,
              group.commits.get(`${partition}/${topic}`) ?? { offset: null, metadata: '' },
            ]),
          ),
        ]),
    ),
  describeGroup: async () => ({ state: 'Empty', members: Array.from({ length: group.members }, () => ({})) }),
  commitAsEmptyGroup: async (_client: unknown, _group: string, entries: readonly CommitEntry[]) => {
    if (group.joins) throw new KafkaError('NON_EMPTY_GROUP', 'somebody');
    for (const { topic, partition, offset, metadata } of entries) {
      group.commits.set(`${partition}/${topic}`, { offset, metadata });
    }
  },
}));

const names = topicNames('p', {}, '');
const [SNAPSHOT, CHANGES] = [names.snapshot('T'), names.changes('T')];
const kafka = {} as KafkaClient;

const loaded: LaneState = {
  snapshot: {
    position: 6,
    countedTo: 6,
    outcomes: { written: 3, superseded: 1, filtered: 1, deadLettered: 1 },
    snapshot: 's1',
    gateOpen: true,
  },
  changes: {
    position: 10,
    countedTo: 10,
    outcomes: { written: 10, superseded: 0, filtered: 0, deadLettered: 0 },
    snapshot: 's1',
    writeFrom: 2,
    lastMs: 5,
  },
  settled: null,
  clean: true,
};

function commit(state: LaneState, partition = 0): void {
  const lane = writeLane(state);
  group.commits.set(`${partition}/${SNAPSHOT}`, lane.snapshot);
  group.commits.set(`${partition}/${CHANGES}`, lane.changes);
}

const committed = (topic: string, partition: number): Committed =>
  group.commits.get(`${partition}/${topic}`) ?? { offset: null, metadata: '' };
const stateOf = (partition = 0) => readLane(committed(SNAPSHOT, partition), committed(CHANGES, partition));
const move = (...moves: readonly { topic: string; partition?: number; offset: number | null }[]) =>
  moveSink(
    kafka,
    'c',
    ['T'],
    names,
    moves.map((one) => ({ partition: 0, ...one })),
  );

beforeEach(() => {
  group.commits.clear();
  Object.assign(group, { members: 0, joins: false });
  commit(loaded);
});
afterEach(() => {
  vi.useRealTimers();
});

const sum = ({ written, superseded, filtered, deadLettered }: LaneState['changes']['outcomes']) =>
  written + superseded + filtered + deadLettered;

describe('a sink that is moved', () => {
  test('back reads again without counting again', async () => {
    await move({ topic: CHANGES, offset: 4 });
    expect(stateOf()?.changes).toEqual({ ...loaded.changes, position: 4 });
    expect(stateOf()?.snapshot).toEqual(loaded.snapshot);
  });

  test('forward counts what it passes over as superseded', async () => {
    await move({ topic: CHANGES, offset: 17 });
    expect(stateOf()?.changes).toMatchObject({
      position: 17,
      countedTo: 17,
      outcomes: { written: 10, superseded: 7 },
    });
  });

  test('to the start begins to count anew, and the other topic stays where it is', async () => {
    await move({ topic: SNAPSHOT, offset: null });
    expect(stateOf()).toEqual({ ...loaded, snapshot: FRESH_LANE.snapshot });
    await move({ topic: CHANGES, offset: null });
    expect(stateOf()).toEqual(FRESH_LANE);
  });

  test('has an outcome for every record that it has come by (rule C9), wherever it is moved to', async () => {
    const offsets = fc.array(fc.nat(30), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<'snapshot' | 'changes'>('snapshot', 'changes'),
        offsets,
        async (kind, to) => {
          commit(loaded);
          for (const offset of to) await move({ topic: kind === 'snapshot' ? SNAPSHOT : CHANGES, offset });
          const { position, countedTo, outcomes } = stateOf()![kind];
          expect(position).toBe(to.at(-1));
          expect(countedTo).toBe(Math.max(loaded[kind].countedTo, ...to));
          expect(sum(outcomes)).toBe(countedTo);
        },
      ),
    );
  });

  test.each([
    [5, false],
    [6, true],
    [9, true],
    [null, false],
  ])('to row %s has its gate open: %s (rule C7)', async (offset, isOpen) => {
    await move({ topic: SNAPSHOT, offset });
    expect(stateOf()?.snapshot.gateOpen).toBe(isOpen);
  });

  test('in both topics at once commits both together', async () => {
    await move({ topic: SNAPSHOT, offset: 2 }, { topic: CHANGES, offset: 3 });
    expect([stateOf()?.snapshot.position, stateOf()?.changes.position]).toEqual([2, 3]);
  });

  test('in one partition leaves the others alone, also those that nobody has read yet', async () => {
    await move({ topic: CHANGES, partition: 1, offset: 3 });
    expect(stateOf(0)).toEqual(loaded);
    expect(stateOf(1)?.changes).toMatchObject({ position: 3, countedTo: 3 });
  });
});

describe('a move is refused', () => {
  test.each([
    ['p.T.changes', 2],
    ['p.X.changes', 0],
    ['other', 0],
  ])('for %s partition %i, with nothing moved', async (topic, partition) => {
    const before = new Map(group.commits);
    const refusal = expect(move({ topic: CHANGES, offset: 0 }, { topic, partition, offset: 0 })).rejects;
    await refusal.toMatchObject({
      status: 400,
      message: expect.stringContaining(`${topic} has no partition`),
    });
    expect(group.commits).toEqual(before);
  });

  test.each([
    ['is still there', { members: 1 }],
    ['comes in between', { joins: true }],
  ])('while a task %s, after a wait', async (_, what) => {
    vi.useFakeTimers();
    Object.assign(group, what);
    const moved = move({ topic: CHANGES, offset: 0 });
    const refusal = expect(moved).rejects.toMatchObject({ status: 400 });
    await vi.advanceTimersByTimeAsync(6000);
    await refusal;
    expect(stateOf()).toEqual(loaded);
  });

  test('no more once the last task has gone', async () => {
    vi.useFakeTimers();
    group.members = 1;
    const moved = move({ topic: CHANGES, offset: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    group.members = 0;
    await vi.advanceTimersByTimeAsync(1000);
    await moved;
    expect(stateOf()?.changes.position).toBe(1);
  });
});

describe('what a client writes', () => {
  const at = (partition: Record<string, unknown>, offset: Record<string, unknown> | null) => [
    { partition, offset },
  ];

  test('may be numbers or texts, and null for the start', () => {
    const texts = at({ kafka_topic: 't', kafka_partition: '3' }, { kafka_offset: '17' });
    expect(readMoves(texts)).toEqual([{ topic: 't', partition: 3, offset: 17 }]);
    const numbers = at({ kafka_topic: 't', kafka_partition: 3 }, null);
    expect(readMoves(numbers)).toEqual([{ topic: 't', partition: 3, offset: null }]);
  });

  test.each([
    [{ kafka_partition: 0 }, { kafka_offset: 0 }, "must contain the key 'kafka_topic'"],
    [{ kafka_topic: 7, kafka_partition: 0 }, { kafka_offset: 0 }, "must contain the key 'kafka_topic'"],
    [
      { kafka_topic: 't' },
      { kafka_offset: 0 },
      "The partition for a sink connector offset must contain the key 'kafka_partition'",
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      {},
      "The offset for a sink connector offset must contain the key 'kafka_offset'",
    ],
    [
      { kafka_topic: 't', kafka_partition: -1 },
      { kafka_offset: 0 },
      'kafka_partition of a sink connector offset',
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      { kafka_offset: '1.5' },
      'kafka_offset of a sink connector offset',
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      { kafka_offset: ' ' },
      'kafka_offset of a sink connector offset',
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      { kafka_offset: 2 ** 53 },
      'kafka_offset of a sink connector offset',
    ],
  ])('is refused as %j with %j', (partition, offset, message) => {
    expect(() => readMoves(at(partition, offset))).toThrow(message);
  });
});

test('what a sink has read is shown as Kafka Connect shows it, and may be moved to its start as it is', async () => {
  const shown = await sinkOffsets(kafka, 'c', [SNAPSHOT, CHANGES]);
  expect(shown).toEqual([
    { partition: { kafka_topic: SNAPSHOT, kafka_partition: 0 }, offset: { kafka_offset: 6 } },
    { partition: { kafka_topic: CHANGES, kafka_partition: 0 }, offset: { kafka_offset: 10 } },
  ]);
  await moveSink(kafka, 'c', ['T'], names, allToStart(shown));
  expect(await sinkOffsets(kafka, 'c', [SNAPSHOT, CHANGES])).toEqual([]);
});
