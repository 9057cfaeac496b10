import { beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../../connectors/log.ts';
import { FRESH_LANE } from '../../../connectors/runtime/sink/lane-state.ts';
import { forgetLostMendings, warnOfUnmended } from '../../../migration/chain-mended.ts';
import type { TopicsView } from '../../../migration/topics-view.ts';

const lanes = vi.hoisted(() => new Map<string, number>());
const written = vi.hoisted(() => [] as unknown[]);

vi.mock('../../../migration/replay/replay-lanes.ts', () => ({
  lanesOf: async (_view: unknown, _sink: string, tables: readonly string[]) =>
    new Map(
      tables.map((table) => [
        table,
        Array.from({ length: lanes.get(table) ?? 0 }, (_, partition) => ({ partition, state: FRESH_LANE })),
      ]),
    ),
}));
vi.mock('../../../connectors/runtime/sink/sink-prepare.ts', () => ({
  recordSink: async (_world: unknown, _sink: string, table: string, record: { mendedSnapshot: unknown }) =>
    written.push([table, record.mendedSnapshot]),
}));

/** A table of a full export and a window, mended or not. */
const viewOf = (mendedSnapshot: string | null) =>
  ({
    catalog: {
      sink: () => ({ fingerprint: 'f', targetTable: 't', preparedMs: 0, mendedSnapshot }),
      currentChain: () => [{ facts: { id: 'full' }, proof: { proven: true } }, { facts: { id: 'window' } }],
    },
  }) as unknown as TopicsView;

beforeEach(() => {
  lanes.clear();
  written.length = 0;
});

test('a sink that lost its positions, even one, is to be mended again: it begins with the rows', async () => {
  lanes.set('Kept', 4).set('Partly', 3);
  await forgetLostMendings('m', viewOf('full'), 's', ['Kept', 'Partly', 'Gone'], 4);
  expect(written).toEqual([
    ['Partly', null],
    ['Gone', null],
  ]);
});

test('where nothing was mended there is nothing to forget', async () => {
  await forgetLostMendings('m', viewOf(null), 's', ['Gone'], 4);
  expect(written).toEqual([]);
});

test('who runs the sink only is told of a table that nobody mended', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ level: 'warn', format: 'json', destination });
  warnOfUnmended(viewOf('full').catalog, 's', ['Music'], log);
  expect(lines).toEqual([]);
  warnOfUnmended(viewOf(null).catalog, 's', ['Music'], log);
  expect(lines.join('')).toMatch(/Music.*not mended against its source/s);
});
