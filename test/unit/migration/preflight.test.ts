import { expect, test, vi } from 'vitest';
import type { TaskContext } from '../../../connectors/connector.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import { FRESH_LANE, type LaneState, writeLane } from '../../../connectors/runtime/sink/lane-state.ts';
import { fingerprint } from '../../../connectors/runtime/sink/sink-prepare.ts';
import type { SinkDefinition } from '../../../connectors/runtime/sink/sink-world.ts';
import type { SourceDefinition } from '../../../connectors/runtime/source/source-world.ts';
import type { Migration } from '../../../migration/config/defaults.ts';
import {
  sinkProblems,
  sourceProblems,
  topicNameProblems,
  type WrittenView,
} from '../../../migration/preflight.ts';
import type { Wiring } from '../../../migration/wiring.ts';
import { MemoryTarget, memorySink } from '../../memory-sink.ts';
import { sinkTable } from '../../sink-records.ts';

const positions = vi.hoisted(() => ({ state: null as LaneState | null }));

vi.mock('../../../connectors/kafka/committed.ts', () => ({
  fetchCommitted: async () => {
    const { snapshot, changes } = writeLane(positions.state ?? FRESH_LANE);
    return new Map([
      ['rows', new Map([[0, snapshot]])],
      ['changes', new Map([[0, changes]])],
    ]);
  },
}));

const table = sinkTable('T');
const context: TaskContext = {
  clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
  log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
  signal: new AbortController().signal,
};
const loading: LaneState = {
  ...FRESH_LANE,
  snapshot: { ...FRESH_LANE.snapshot, snapshot: 'x', position: 3 },
};
const unreachable = new ConnectError('TARGET_UNREACHABLE', 'nobody answers');

/** What is found where a sink has written, and which load it is then. @param open how the target is looked at */
async function found(state: LaneState, open: () => Promise<object>) {
  positions.state = state;
  const firsts: boolean[] = [];
  const check = async (_options: unknown, _table: unknown, first: boolean) => {
    firsts.push(first);
    return [];
  };
  const plugin = { ...memorySink(new MemoryTarget()), open, check };
  const sink = {
    name: 's',
    plugin,
    options: {},
    transforms: [],
    snapshots: true,
  } as unknown as SinkDefinition;
  const record = { targetTable: 'T', fingerprint: fingerprint(sink, table), epoch: 1, targetId: 'one' };
  const view = {
    kafka: {},
    names: { snapshot: () => 'rows', changes: () => 'changes' },
    catalog: { table: () => ({ epoch: { number: 1 } }), sink: () => record },
  } as unknown as WrittenView;
  const problems = await sinkProblems({ sink } as unknown as Wiring, [table.facts], view, context);
  return { codes: problems.map(({ error }) => error.code), firsts };
}

const standing = (id: string | null) => async () => ({
  tableId: async () => id,
  [Symbol.asyncDispose]: async () => {},
});

test('a target that is gone, or is another one, is found before anything is touched', async () => {
  expect(await found(loading, standing('one'))).toEqual({ codes: [], firsts: [false] });
  for (const id of [null, 'two']) {
    expect(await found(loading, standing(id))).toEqual({ codes: ['TARGET_TABLE_LOST'], firsts: [] });
    // What begins with the rows may begin elsewhere: a first load there.
    expect(await found(FRESH_LANE, standing(id))).toEqual({ codes: [], firsts: [true] });
  }
});

test('a target that cannot be asked is told of by its own check', async () => {
  expect(await found(loading, () => Promise.reject(unreachable))).toEqual({ codes: [], firsts: [false] });
});

test('a table that is missing is one problem, whatever each source asked of it; other problems are kept apart', async () => {
  const source = (action: string) => {
    const check = async () => [
      { table: 'T', error: new ConnectError('SOURCE_TABLE_MISSING', `${action}: there is no T`) },
      { table: 'U', error: new ConnectError('SOURCE_ACCESS_DENIED', `${action}: not allowed`) },
    ];
    return { run: { kind: 'changes', plugin: { check }, options: {} }, tables: ['T', 'U'] };
  };
  const sources = [source('Describing'), source('Scanning')] as unknown as SourceDefinition[];
  const problems = await sourceProblems(sources, () => false, context);
  expect(problems.map(({ error }) => error.message)).toEqual([
    'Describing: there is no T',
    'Describing: not allowed',
    'Scanning: not allowed',
  ]);
});

test('a table that a glob found and whose topics Kafka mixes up with those of another is named', () => {
  const migration = {
    name: 'm',
    kafka: { topicPrefix: 'm', topics: {} },
    source: { tables: ['a*'] },
    deadLetters: { topic: 'm.dead-letters' },
  } as unknown as Migration;
  const problems = topicNameProblems(migration, ['a.b', 'a_b']);
  expect(problems.map(({ table, error }) => [table, error.message])).toEqual([
    [
      'a_b',
      "Table a_b gives the topic m.a_b.snapshot, which Kafka cannot tell from m.a.b.snapshot. Give the table another name in its topics, with kafka.topics: {'a_b': some-name}.",
    ],
  ]);
});
