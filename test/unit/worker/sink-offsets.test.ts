import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { CommitEntry, Committed } from '../../../connectors/kafka/committed.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { Catalog } from '../../../connectors/runtime/catalog.ts';
import { changesFlow } from '../../../connectors/runtime/sink/gate.ts';
import {
  FRESH_LANE,
  type LaneState,
  readLane,
  writeLane,
} from '../../../connectors/runtime/sink/lane-state.ts';
import { topicNames } from '../../../connectors/topic-names.ts';
import { moveSink } from '../../../connectors/worker/offsets/move-sink.ts';
import { allToStart, readMoves, sinkOffsets } from '../../../connectors/worker/offsets/sink-offsets.ts';

const group = vi.hoisted(() => ({
  commits: new Map<string, { offset: number | null; metadata: string }>(),
  members: 0,
  /** Somebody joins between the look and the commit. */
  joins: false,
  /** The catalog knows the snapshot. */
  isKnown: true,
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

/** Every third offset from 2 on is a marker's, or the end of a transaction. */
const isRecord = (offset: number) => offset % 3 !== 2;
const recordsBetween = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i).filter(isRecord).length;

vi.mock('../../../connectors/worker/offsets/passed-over.ts', () => ({
  passedOver: async (_client: unknown, _of: object, from: number, to: number) => recordsBetween(from, to),
}));

vi.mock('../../../connectors/kafka/offsets.ts', () => ({
  beginOffsets: async () => [0, 1],
  endOffsets: async () => [30, 30],
}));

const names = topicNames('p', {}, '');
const [SNAPSHOT, CHANGES] = [names.snapshot('T'), names.changes('T')];
const kafka = {} as KafkaClient;
/** The snapshot stands between its markers at 0 and 5. */
const catalog = {
  readPastOpen: async () => {},
  currentChain: () => (group.isKnown ? [{ facts: { id: 's1' }, opensGate: true }] : []),
  snapshotPartition: () => ({ beginOffset: 0, completeOffset: 5, rows: 4 }),
} as unknown as Catalog;
const sink = { kafka, connector: 'c', tables: ['T'], names, catalog };

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
    sink,
    moves.map((one) => ({ partition: 0, ...one })),
    async (tables) => void rewound.push(...tables),
  );
/** Tables whose rows are read again. */
const rewound: string[] = [];

beforeEach(() => {
  group.commits.clear();
  rewound.length = 0;
  Object.assign(group, { members: 0, joins: false, isKnown: true });
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

  test('forward counts the records that it passes over as superseded', async () => {
    await move({ topic: CHANGES, offset: 17 });
    expect(stateOf()?.changes).toMatchObject({
      position: 17,
      countedTo: 17,
      outcomes: { written: 10, superseded: 5 },
    });
  });

  test('to the start begins to count anew, and the other topic stays where it is', async () => {
    await move({ topic: SNAPSHOT, offset: null });
    expect(stateOf()).toEqual({ ...loaded, snapshot: FRESH_LANE.snapshot });
    await move({ topic: CHANGES, offset: null });
    expect(stateOf()).toEqual(FRESH_LANE);
  });

  test('to the start of its changes alone goes on with the snapshot that it has loaded (rule C7)', async () => {
    await move({ topic: CHANGES, offset: null });
    expect(stateOf()).toEqual({
      ...loaded,
      changes: { ...FRESH_LANE.changes, snapshot: 's1', writeFrom: 2 },
    });
    expect(changesFlow(stateOf()!)).toBe(true);
  });

  test.each([[[SNAPSHOT, CHANGES]], [[CHANGES, SNAPSHOT]]])(
    'to the start of %j begins as if nobody had ever read them',
    async (topics) => {
      await move(...topics.map((topic) => ({ topic, offset: null })));
      expect(stateOf()).toEqual(FRESH_LANE);
    },
  );

  test('has an outcome for every record that it has come by (rule C9), wherever it is moved to', async () => {
    // Wherever: also where it would be stuck.
    group.isKnown = false;
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
          const { countedTo: before, outcomes: first } = loaded[kind];
          expect(sum(outcomes)).toBe(sum(first) + recordsBetween(before, countedTo));
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
    [0, CHANGES, 31],
    [0, SNAPSHOT, 31],
    [1, CHANGES, 0],
  ])('in partition %i of %s to %i, which its topic does not hold', async (partition, topic, offset) => {
    const message = `${topic} holds offsets from ${partition} to 30`;
    await expect(move({ topic, partition, offset })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(message),
    });
    expect(stateOf()).toEqual(loaded);
  });

  test('past the complete-marker that its changes wait for, with nothing moved', async () => {
    const loading = { ...loaded, snapshot: { ...loaded.snapshot, position: 3, gateOpen: false } };
    commit(loading);
    await expect(move({ topic: CHANGES, offset: 4 }, { topic: SNAPSHOT, offset: 6 })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('p.T.snapshot partition 0 cannot be read from offset 6: the marker'),
    });
    expect(stateOf()).toEqual(loading);
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

  test('counts once for a partition, as it is written last', () => {
    const [first, second] = [1, 2].map((kafka_offset) => ({
      partition: { kafka_topic: 't', kafka_partition: kafka_offset === 1 ? 3 : '3' },
      offset: { kafka_offset },
    }));
    expect(readMoves([first!, second!])).toEqual([{ topic: 't', partition: 3, offset: 2 }]);
  });

  test.each([
    [{ kafka_partition: 0 }, { kafka_offset: 0 }, "must contain the keys 'kafka_topic' and"],
    [{ kafka_topic: 7, kafka_partition: 0 }, { kafka_offset: 0 }, 'topic names must be valid strings'],
    [{ kafka_topic: 't' }, { kafka_offset: 0 }, "must contain the keys 'kafka_topic' and 'kafka_partition'"],
    [{ kafka_topic: 't', kafka_partition: 0 }, {}, "should either be null or contain the key 'kafka_offset'"],
    [
      { kafka_topic: 't', kafka_partition: -1 },
      { kafka_offset: 0 },
      "Kafka partition value in the provided offsets: '-1'",
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      { kafka_offset: '1.5' },
      "Kafka offset value in the provided offsets: '1.5'",
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      { kafka_offset: ' ' },
      "Kafka offset value in the provided offsets: ' '",
    ],
    [
      { kafka_topic: 't', kafka_partition: 0 },
      { kafka_offset: 2 ** 53 },
      "Kafka offset value in the provided offsets: '9007199254740992'",
    ],
  ])('is refused as %j with %j', (partition, offset, message) => {
    expect(() => readMoves(at(partition, offset))).toThrow(message);
  });
});

test('who mends what a sink has written learns of rows that are read again, before they are (rule C1)', async () => {
  await move({ topic: CHANGES, offset: null });
  await move({ topic: SNAPSHOT, offset: 6 });
  await expect(move({ topic: SNAPSHOT, offset: 0 }, { topic: 'strange', offset: 1 })).rejects.toMatchObject({
    status: 400,
  });
  expect(rewound).toEqual([]);
  await move({ topic: SNAPSHOT, offset: 5 });
  expect(rewound).toEqual(['T']);
});

test('what a sink has read is shown as Kafka Connect shows it, and may be moved to its start as it is', async () => {
  const shown = await sinkOffsets(kafka, 'c', [SNAPSHOT, CHANGES]);
  expect(shown).toEqual([
    { partition: { kafka_topic: SNAPSHOT, kafka_partition: 0 }, offset: { kafka_offset: 6 } },
    { partition: { kafka_topic: CHANGES, kafka_partition: 0 }, offset: { kafka_offset: 10 } },
  ]);
  await moveSink(sink, allToStart(shown), async () => {});
  expect(await sinkOffsets(kafka, 'c', [SNAPSHOT, CHANGES])).toEqual([]);
});
