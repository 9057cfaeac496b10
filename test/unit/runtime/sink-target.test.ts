import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { SinkRecord } from '../../../connectors/catalog-records.ts';
import { systemClock } from '../../../connectors/clock.ts';
import type { SinkTask } from '../../../connectors/connector.ts';
import type { Committed } from '../../../connectors/kafka/committed.ts';
import { createLogger } from '../../../connectors/log.ts';
import { NO_OUTCOMES } from '../../../connectors/runtime/outcomes.ts';
import { open } from '../../../connectors/runtime/sink/gate.ts';
import { FRESH_LANE, type LaneState, writeLane } from '../../../connectors/runtime/sink/lane-state.ts';
import { preparedTable } from '../../../connectors/runtime/sink/sink-prepare.ts';
import type { SinkDefinition, SinkWorld } from '../../../connectors/runtime/sink/sink-world.ts';
import { MemoryTarget, memorySink } from '../../memory-sink.ts';

const catalog = vi.hoisted(() => new Map<string, SinkRecord>());
const committed = vi.hoisted(() => new Map<string, Map<number, Committed>>());
/** Throws where a process is killed. */
const beforeRecord = vi.hoisted(() => ({ run: () => {} }));

vi.mock('../../../connectors/kafka/producer.ts', () => ({
  TransactionalProducer: class {
    async init() {
      beforeRecord.run();
    }
    begin() {}
    async send(_topic: string, _partition: number, [record]: { key: Buffer; value: Buffer }[]) {
      catalog.set(String(record!.key), JSON.parse(String(record!.value)));
    }
    async commit() {}
    async [Symbol.asyncDispose]() {}
  },
}));

vi.mock('../../../connectors/kafka/committed.ts', () => ({ fetchCommitted: async () => committed }));

/** A database that gives each table that it makes another id; `null`: it has no such table. */
class Target {
  id: string | null = null;
  /** Whether tables have ids at all. */
  tells = true;
  /** What `prepare` was told of each time. */
  readonly firsts: boolean[] = [];
  #made = 0;

  make(): string {
    this.#made += 1;
    this.id = `table-${this.#made}`;
    return this.id;
  }

  readonly task = {
    tableId: async () => (this.id === null ? null : this.tells ? this.id : ''),
  } as unknown as SinkTask;

  definition({ versioned = false, snapshots = true } = {}): SinkDefinition {
    const plugin = {
      ...memorySink(new MemoryTarget(), { version: versioned }),
      prepare: async (_options: unknown, _table: unknown, first: boolean) => {
        this.firsts.push(first);
        if (this.id === null) this.make();
        return {};
      },
    };
    return { name: 's', plugin, options: {}, transforms: [], snapshots } as unknown as SinkDefinition;
  }
}

const world = {
  kafka: {},
  group: 'm',
  topics: { catalog: 'c', snapshot: () => 'rows', changes: () => 'changes' },
  clock: systemClock,
  catalog: {
    table: () => ({ facts: { table: 'T' }, epoch: { number: 1 } }),
    sink: () => catalog.get('sink/s/T') ?? null,
    readToEnd: async () => {},
    subscribe: () => () => {},
  },
} as unknown as SinkWorld;
const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });

/** A lane of the sink is taken over; looks are no second apart. */
function takeOver(target: Target, definition = target.definition(), leads = true, more = {}) {
  const clock = { ...systemClock, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  const context = { clock, log, signal: new AbortController().signal, ...more };
  return preparedTable(definition, world, 'T', leads, context, false, target.task);
}

/** Positions of partition 0, and none of partition 1. */
function standAt(state: LaneState): void {
  const { snapshot, changes } = writeLane(state);
  const none = { offset: null, metadata: '' };
  committed.set('rows', new Map([0, 1].map((partition) => [partition, partition === 0 ? snapshot : none])));
  committed.set('changes', new Map([0, 1].map((partition) => [partition, partition === 0 ? changes : none])));
}

const outcomes = { ...NO_OUTCOMES, written: 6 };
const loading: LaneState = {
  ...FRESH_LANE,
  snapshot: { ...FRESH_LANE.snapshot, position: 7, snapshot: 'export-1', outcomes },
};
const following = open(loading, 0);

/** The sink has written its table, and stands at `state`. */
async function written(target: Target, state: LaneState): Promise<void> {
  await takeOver(target);
  standAt(state);
  target.firsts.length = 0;
}

beforeEach(() => {
  catalog.clear();
  committed.clear();
  beforeRecord.run = () => {};
});

describe('a sink that has written its table', () => {
  test('goes on in it, and in one whose id nobody tells', async () => {
    const target = new Target();
    await written(target, following);
    await takeOver(target);
    target.tells = false;
    await takeOver(target);
    expect(target.firsts).toEqual([false, false]);
    expect(catalog.get('sink/s/T')).toMatchObject({ targetId: 'table-1' });
  });

  test('refuses to make another in its place: rows that came before its positions would never come again', async () => {
    for (const state of [loading, following]) {
      const target = new Target();
      catalog.clear();
      committed.clear();
      await written(target, state);
      target.id = null;
      await expect(takeOver(target)).rejects.toMatchObject({
        code: 'TARGET_TABLE_LOST',
        exit: 4,
        hint: expect.stringContaining('replay FILE --recreate --yes'),
      });
      expect(target.id).toBeNull();
    }
  });

  test('refuses another table of the name: one that was made anew, or one of another cluster', async () => {
    const target = new Target();
    await written(target, following);
    target.make();
    await expect(takeOver(target)).rejects.toMatchObject({ code: 'TARGET_TABLE_LOST' });
    expect(target.firsts).toEqual([]);
  });

  test('makes another where every lane begins with the rows, as after a replay or a reset: a first load there (rule C11)', async () => {
    const target = new Target();
    // A replay begins at a marker; a changes position that goes with no snapshot counts as none.
    const replayed: LaneState = {
      ...FRESH_LANE,
      snapshot: { ...FRESH_LANE.snapshot, position: 40 },
      changes: { ...FRESH_LANE.changes, position: 9, snapshot: 'export-1', writeFrom: 5 },
    };
    await written(target, replayed);
    target.id = null;
    await takeOver(target);
    expect(target.firsts).toEqual([true]);
    expect(catalog.get('sink/s/T')).toMatchObject({ targetId: 'table-2' });
  });

  test('whose versions order its writes goes on in the changes without a snapshot: there they must begin again too', async () => {
    const target = new Target();
    const versioned = target.definition({ versioned: true });
    await written(target, { ...FRESH_LANE, changes: { ...FRESH_LANE.changes, position: 9 } });
    target.id = null;
    await expect(takeOver(target, versioned)).rejects.toMatchObject({ code: 'TARGET_TABLE_LOST' });
    standAt(FRESH_LANE);
    await takeOver(target, versioned);
  });

  test('that has no snapshots begins anew with the first change, whatever its gate says', async () => {
    const target = new Target();
    const eventsOnly = target.definition({ snapshots: false });
    await written(target, open({ ...FRESH_LANE, changes: { ...FRESH_LANE.changes, countedTo: 9 } }, 3));
    target.id = null;
    await expect(takeOver(target, eventsOnly)).rejects.toMatchObject({ code: 'TARGET_TABLE_LOST' });
    standAt(open(FRESH_LANE, 0));
    await takeOver(target, eventsOnly);
  });

  test('is not believed to begin where its record is gone and its positions are not, as after a start beside `--recreate`', async () => {
    const target = new Target();
    await written(target, following);
    catalog.clear();
    target.id = null;
    await expect(takeOver(target)).rejects.toMatchObject({ code: 'TARGET_TABLE_LOST', exit: 4 });
    expect(target.firsts).toEqual([]);
    standAt(FRESH_LANE);
    await takeOver(target);
    expect(target.firsts).toEqual([true]);
  });

  test('begins where it was sent to before it ever ran: nothing that it has written can be missing', async () => {
    const passedOver = { position: 9, countedTo: 9, outcomes: { ...NO_OUTCOMES, superseded: 9 } };
    for (const snapshots of [true, false]) {
      const target = new Target();
      catalog.clear();
      standAt({ ...FRESH_LANE, changes: { ...FRESH_LANE.changes, ...passedOver } });
      await takeOver(target, target.definition({ snapshots, versioned: true }));
      expect(target.firsts).toEqual([true]);
    }
  });

  test('takes the id from a table that an older record does not tell it of', async () => {
    const target = new Target();
    target.tells = false;
    await written(target, following);
    expect(catalog.get('sink/s/T')).not.toHaveProperty('targetId');
    target.tells = true;
    await takeOver(target);
    expect(catalog.get('sink/s/T')).toMatchObject({ targetId: 'table-1' });
  });
});

// Nobody writes before the record stands, and the record stands only behind its table. So a kill between the two leaves a table
// that is empty, and either no record (a first load, which takes an empty table) or the old one with positions that still begin
// with the rows (every other lane waits for the record). Both are taken up again; neither is ever refused.
describe('a kill between the table and its record locks nobody out', () => {
  test('at the first load', async () => {
    const target = new Target();
    beforeRecord.run = () => {
      throw new Error('killed');
    };
    await expect(takeOver(target)).rejects.toThrow('killed');
    expect({ id: target.id, record: catalog.get('sink/s/T') }).toEqual({ id: 'table-1', record: undefined });
    beforeRecord.run = () => {};
    await takeOver(target);
    expect(target.firsts).toEqual([true, true]);
    expect(catalog.get('sink/s/T')).toMatchObject({ targetId: 'table-1' });
  });

  test('when another table is made after a replay', async () => {
    const target = new Target();
    await written(target, FRESH_LANE);
    target.id = null;
    beforeRecord.run = () => {
      throw new Error('killed');
    };
    await expect(takeOver(target)).rejects.toThrow('killed');
    expect(catalog.get('sink/s/T')).toMatchObject({ targetId: 'table-1' });
    beforeRecord.run = () => {};
    await takeOver(target);
    expect(target.firsts).toEqual([true, true]);
    expect(catalog.get('sink/s/T')).toMatchObject({ targetId: 'table-2' });
  });
});

test('a lane that does not lead writes in no other table than the one that was written, and waits until its leader has made it', async () => {
  const target = new Target();
  await written(target, following);
  target.make();
  const stop = new AbortController();
  let looks = 0;
  const clock = {
    ...systemClock,
    sleep: async () => {
      looks += 1;
      if (looks === 3) stop.abort(new Error('three looks'));
      stop.signal.throwIfAborted();
    },
  };
  const waiting = takeOver(target, target.definition(), false, { clock, signal: stop.signal });
  await expect(waiting).rejects.toThrow('three looks');
  const again = takeOver(target, target.definition(), false);
  standAt(FRESH_LANE);
  await takeOver(target);
  await again;
});
