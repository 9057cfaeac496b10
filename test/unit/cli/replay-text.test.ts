import { describe, expect, test } from 'vitest';
import { replayDocument, replayText } from '../../../cli/actions/replay-text.ts';
import { FRESH_LANE } from '../../../connectors/runtime/sink/lane-state.ts';
import type { Replayed } from '../../../migration/replay/replay.ts';

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
      isEventsOnly: false,
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

  test('is told apart: the first snapshot of an epoch, and events alone, which have none', () => {
    const all = replayed(FRESH_LANE as typeof before);
    expect(replayText(all, { at: 'earliest' })).toContain('moved back to the first snapshot of its epoch');
    const events = { ...all, tables: all.tables.map((one) => ({ ...one, isEventsOnly: true })) };
    expect(replayText(events, { at: 'snapshot' })).toContain('moved back to the first change in the topics');
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
