import { describe, expect, test, vi } from 'vitest';
import type { SinkTask, TakeOver, TaskContext } from '../../../connectors/connector.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import type { Catalog } from '../../../connectors/runtime/catalog.ts';
import { FRESH_LANE } from '../../../connectors/runtime/sink/lane-state.ts';
import type { SinkDefinition } from '../../../connectors/runtime/sink/sink-world.ts';
import { dropTarget, outwaitWriters, recreateProblems } from '../../../migration/replay/replay-recreate.ts';
import type { TopicsView } from '../../../migration/topics-view.ts';
import { sinkTable } from '../../sink-records.ts';

vi.mock('../../../connectors/runtime/sink/sink-prepare.ts', () => ({ forgetSink: async () => {} }));

/** How long is waited before a target table is dropped, and what the sink is asked to wait out. */
async function waited({ versioned, clean }: { versioned: boolean; clean: boolean }) {
  const sleptMs: number[] = [];
  const adopted: TakeOver[] = [];
  const task = {
    adopt: async (_table: unknown, _lane: string, takeOver: TakeOver) => void adopted.push(takeOver),
    [Symbol.asyncDispose]: async () => {},
  } as unknown as SinkTask;
  const sink = {
    plugin: { supports: { version: versioned }, open: async () => task },
    options: {},
  } as unknown as SinkDefinition;
  const catalog = { table: () => sinkTable('T') } as unknown as Catalog;
  const lanes = new Map([['T', [{ partition: 0, state: { ...FRESH_LANE, clean } }]]]);
  await outwaitWriters(sink, catalog, lanes, context(sleptMs));
  return { sleptMs, adopted };
}

const context = (sleptMs: number[]): TaskContext => ({
  clock: { now: () => 0, monotonic: () => 0, sleep: async (ms) => void sleptMs.push(ms) },
  log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
  signal: new AbortController().signal,
});

test('a zombie must not write into the new table: what it left under way is waited out, with versions too (rule C6)', async () => {
  expect(await waited({ versioned: true, clean: false })).toEqual({ sleptMs: [10_000], adopted: [] });
  const { sleptMs, adopted } = await waited({ versioned: false, clean: false });
  expect({ sleptMs, adopted }).toEqual({ sleptMs: [], adopted: [{ first: false, clean: false }] });
});

test('nothing is waited for where every owner stopped cleanly', async () => {
  for (const versioned of [true, false]) {
    expect(await waited({ versioned, clean: true })).toEqual({ sleptMs: [], adopted: [] });
  }
});

describe('a table that this sink has not written, though it has the name of one that it has', () => {
  /** What becomes of a table whose id is `standing`; the catalog says `one`. */
  async function recreated(standing: string | null) {
    const firsts: boolean[] = [];
    const drops: string[] = [];
    const task = { tableId: async () => standing, [Symbol.asyncDispose]: async () => {} };
    const sink = {
      name: 'sink',
      plugin: {
        targetTable: () => 'songs',
        open: async () => task,
        check: async (_options: unknown, _table: unknown, first: boolean) => {
          firsts.push(first);
          return [];
        },
        drop: async () => void drops.push('songs'),
      },
    } as unknown as SinkDefinition;
    const catalog = {
      table: () => sinkTable('T'),
      sink: () => ({ targetTable: 'songs', targetId: 'one' }),
    } as unknown as Catalog;
    expect(await recreateProblems(sink, catalog, ['T'], context([]))).toEqual([]);
    const view = { catalog } as unknown as TopicsView;
    const dropped = await dropTarget('m', view, sink, 'T', context([]));
    return { firsts, dropped, drops };
  }

  test('is looked at as before a first load, and is never dropped', async () => {
    expect(await recreated('another')).toEqual({ firsts: [true], dropped: false, drops: [] });
  });

  test('is dropped where it is that very one, or one whose id nobody tells, and no obstacle where there is none', async () => {
    const own = { firsts: [false], dropped: true, drops: ['songs'] };
    for (const standing of ['one', '', null]) expect(await recreated(standing)).toEqual(own);
  });
});

test('a table of other columns is no obstacle where this sink has made it, and one where another has', async () => {
  const error = new ConnectError('TARGET_SCHEMA', 'differs');
  const sink = {
    name: 'sink',
    plugin: { targetTable: () => 'k.songs', check: async () => [{ table: 'T', error }] },
  } as unknown as SinkDefinition;
  const problems = (targetTable: string) => {
    const catalog = { table: () => sinkTable('T'), sink: () => ({ targetTable }) } as unknown as Catalog;
    return recreateProblems(sink, catalog, ['T'], context([]));
  };
  expect(await problems('k.songs')).toEqual([]);
  expect(await problems('k.renamed')).toEqual([{ table: 'T', error }]);
});
