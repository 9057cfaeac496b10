import { describe, expect, test } from 'vitest';
import { replayDocument, replayText } from '../../../cli/actions/replay-text.ts';
import { exitCodes } from '../../../cli/exit.ts';
import { FRESH_LANE } from '../../../connectors/runtime/lane-state.ts';
import type { Replayed } from '../../../migration/replay.ts';

const before = {
  ...FRESH_LANE,
  snapshot: { ...FRESH_LANE.snapshot, position: 58, snapshot: 's1', gateOpen: true },
  changes: { ...FRESH_LANE.changes, position: 20, snapshot: 's1' },
};
const again = { ...before, changes: { ...before.changes, position: 0, writeFrom: 12 } };

const replayed = (after: typeof before, loading = 0, dropped = false): Replayed => ({
  migration: 'music',
  target: 'alternator',
  tables: [
    {
      table: 'Music',
      targetTable: 'music2',
      dropped,
      partitions: [{ partition: 0, before, after }],
      loading,
    },
  ],
});

describe('what a replay moved', () => {
  test('is told for people', () => {
    expect(replayText(replayed(FRESH_LANE as typeof before, 0, true), { at: 'snapshot' })).toBe(
      'Music: 1 partition moved back to the current snapshot; target table music2 is dropped\n' +
        'The next `messina migrate` of music writes them again.',
    );
    const text = replayText(replayed(again, 2), { at: 'time', timeMs: 0 });
    expect(text).toContain('1 partition moved back to the changes from 1970-01-01T00:00:00.000Z on');
    expect(text).toContain('2 partitions left as they are: still loading the snapshot');
  });

  test('is told as JSON: where each partition was, and from where on it writes', () => {
    expect(replayDocument(replayed(again), { at: 'time', timeMs: 0 })).toEqual({
      migration: 'music',
      target: 'alternator',
      from: '1970-01-01T00:00:00.000Z',
      tables: [
        {
          table: 'Music',
          targetTable: 'music2',
          dropped: false,
          loading: 0,
          partitions: [{ partition: 0, snapshot: { from: 58, to: 58 }, changes: { from: 20, to: 12 } }],
        },
      ],
    });
  });
});

test('replay --recreate from a time is refused as usage, before anything is opened', async () => {
  const { runReplay } = await import('../../../cli/actions/replay.ts');
  const { run } = await import('./command-line.ts');
  const { code, stderr } = await run('replay nowhere.yaml --recreate --yes --from 2026-01-01', {
    replay: runReplay,
  });
  expect(code).toBe(exitCodes.usage);
  expect(stderr).toContain('--recreate begins with the snapshot');
});
