import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import type { ChangesSource, SourceBatch, SourcePartition } from '../../../connectors/connector.ts';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import { createLogger } from '../../../connectors/log.ts';
import { NO_COUNTS, OffsetStore } from '../../../connectors/runtime/offset-store.ts';
import { ChangesTable } from '../../../connectors/runtime/source/changes-table.ts';
import { listIntervalMs } from '../../../connectors/runtime/source/list-interval.ts';
import type { Publication } from '../../../connectors/runtime/source/publisher.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';
import { Turns } from '../../../connectors/runtime/turns.ts';

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });

/** A compacted topic that a test writes to. */
class FakeLog {
  readonly #values = new Map<string, string>();
  readonly #listeners = new Set<(key: string, value: string | null) => void>();

  entries() {
    return this.#values.entries();
  }

  subscribe(listener: (key: string, value: string | null) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  write(key: string, value: string) {
    this.#values.set(key, value);
    for (const listener of this.#listeners) listener(key, value);
  }
}

const shard = (id: string, parent?: string): SourcePartition => ({
  id,
  after: parent === undefined ? [] : [parent],
  expectedRecords: null,
});

/** One task that captures table T, whose root shard is `a`, of which some shards are drained before it begins. */
function world(drained: readonly string[] = []) {
  const stop = new AbortController();
  const positions = new FakeLog();
  const store = new OffsetStore(positions as unknown as KeyedLog, 'm-changes');
  const done = { position: {}, done: true, coverageMs: null, counts: NO_COUNTS, version: 0 };
  for (const partition of drained) {
    const { key, value } = store.entry({ table: 'T', of: 'epoch-1', partition }, done);
    positions.write(key, value as string);
  }
  const facts = { table: 'T', tableId: null };
  const epoch = { number: 1, version0: 0, streamArn: 'arn', createdMs: 0, firstOffsets: [0], roots: ['a'] };
  const source = {
    listing: [shard('a')],
    listings: 0,
    /** What the polls of a shard give; it waits when there is nothing. */
    polls: new Map<string, SourceBatch[]>(),
  };
  const plugin = {
    describe: async () => facts,
    async *discover() {
      source.listings++;
      yield* source.listing;
    },
    open: async (_options: unknown, { id }: SourcePartition) => ({
      async poll() {
        for (;;) {
          const next = source.polls.get(id)?.shift();
          if (next) return next;
          await systemClock.sleep(2, stop.signal);
        }
      },
      async [Symbol.asyncDispose]() {},
    }),
  } as unknown as ChangesSource<unknown>;
  let readTo: () => number | null = () => null;
  const task = {
    task: 0,
    epoch: () => 1,
    definition: { name: 'm-changes', tables: ['T'], tasks: 1, tolerance: 'none' },
    context: { clock: systemClock, log, signal: stop.signal },
    clock: systemClock,
    catalog: {
      table: () => ({ facts, epoch }),
      currentSnapshot: () => null,
      subscribe: () => () => {},
    },
    offsets: () => store,
    topics: { changes: () => 't' },
    partitions: 1,
    turns: new Turns(4),
    publisher: {
      room: async () => {},
      async publish({ offsets }: Publication) {
        for (const { key, value } of offsets) positions.write(key, value as string);
      },
    },
    report: {
      fault: () => {},
      phase: () => {},
      readTo: (_table: string, ask: () => number | null) => {
        readTo = ask;
      },
    },
  } as unknown as TaskRun;
  const running = new ChangesTable(task, plugin, {}, 'T').run();
  running.catch(() => {});
  const end = async () => {
    stop.abort(new Error('stopping'));
    await running.catch(() => {});
  };
  return { source, positions, store, readTo: () => readTo(), [Symbol.asyncDispose]: end };
}

const read = (readToMs: number, done = false): SourceBatch => ({
  records: [],
  rejected: [],
  position: { readMs: readToMs },
  done,
  bytes: 0,
  capture: { coverageMs: 0, readToMs },
});

describe('the capture of a table', () => {
  test('does not ask the source for its shards whenever some position is stored', async () => {
    await using capture = world();
    const { source, positions, store } = capture;
    source.polls.set('a', [read(100)]);
    await vi.waitFor(() => expect(capture.readTo()).toBe(100));
    const before = source.listings;
    for (let i = 0; i < 20; i++) {
      const { key, value } = store.entry(
        { table: i % 2 ? 'T' : 'Other', of: 'epoch-1', partition: 'b' },
        { position: { n: i }, done: false, coverageMs: null, counts: NO_COUNTS, version: 0 },
      );
      positions.write(key, value as string);
      await systemClock.sleep(1);
    }
    expect(source.listings).toBe(before);
  });

  test('does not say how far it has read while the child of a drained shard may hold changes', async () => {
    await using capture = world();
    const { source } = capture;
    source.polls.set('a', [read(100)]);
    await vi.waitFor(() => expect(capture.readTo()).toBe(100));
    // The listing does not show the child yet.
    source.polls.get('a')!.push(read(200, true));
    const listings = source.listings;
    await vi.waitFor(() => expect(source.listings).toBeGreaterThan(listings));
    await systemClock.sleep(10);
    expect(capture.readTo()).toBeNull();
  });

  test('does not say so either when the shard was drained before the task began', async () => {
    await using capture = world(['a']);
    await vi.waitFor(() => expect(capture.source.listings).toBeGreaterThan(0));
    await systemClock.sleep(10);
    expect(capture.readTo()).toBeNull();
  });

  test('goes on with the child at once, and says how far it has read when the child was read', async () => {
    await using capture = world();
    const { source } = capture;
    source.listing = [shard('a'), shard('b', 'a')];
    source.polls.set('a', [read(100, true)]);
    await systemClock.sleep(30);
    expect(capture.readTo()).toBeNull();
    source.polls.set('b', [read(300)]);
    await vi.waitFor(() => expect(capture.readTo()).toBe(300));
  });
});

test('however many tables and tasks there are, their shards are listed ten times a second, and soon where some are awaited', () => {
  const of = (tables: number, tasks: number) => ({ tables: Array<string>(tables).fill('T'), tasks });
  expect(listIntervalMs(of(1, 1), false)).toBe(5_000);
  expect((1000 * 4) / (listIntervalMs(of(1000, 4), false) / 1000)).toBe(10);
  expect(listIntervalMs(of(1000, 4), true)).toBe(5_000);
});
