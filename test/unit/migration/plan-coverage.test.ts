import { describe, expect, test } from 'vitest';
import { coverageProblem, type Known, outlook } from '../../../migration/plan/plan-coverage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const now = Date.parse('2026-11-21T12:00:00Z');

const known: Known = {
  snapshotFrom: 'manifest',
  captures: true,
  slackMs: 5 * MINUTE,
  proof: null,
  capturedFromMs: null,
  stream: { createdMs: now - 3 * HOUR },
  exportMs: now - HOUR,
  serverTimeMs: now,
};

describe('the outlook of coverage', () => {
  test.each<[string, Partial<Known>, ReturnType<typeof outlook>]>([
    [
      'is good for an export far enough behind the stream',
      {},
      { proven: true, fromMs: now - 3 * HOUR, exportMs: now - HOUR },
    ],
    [
      'is good to the millisecond of the slack',
      { exportMs: now - 3 * HOUR + 5 * MINUTE },
      { proven: true, fromMs: now - 3 * HOUR, exportMs: now - 3 * HOUR + 5 * MINUTE },
    ],
    [
      'is bad a millisecond before',
      { exportMs: now - 3 * HOUR + 5 * MINUTE - 1 },
      { proven: false, fromMs: now - 3 * HOUR, exportMs: now - 3 * HOUR + 5 * MINUTE - 1 },
    ],
    [
      'reaches back 23.5 hours at most, however old the stream is',
      { stream: { createdMs: now - 400 * HOUR }, exportMs: now - 23.6 * HOUR },
      { proven: false, fromMs: now - 23.5 * HOUR, exportMs: now - 23.6 * HOUR },
    ],
    [
      'begins now where there is no stream',
      { stream: null },
      { proven: false, fromMs: now, exportMs: now - HOUR },
    ],
    [
      'begins now where nobody knows since when the stream is there',
      { stream: { createdMs: null } },
      { proven: false, fromMs: now, exportMs: now - HOUR },
    ],
    [
      'is what a capture that runs has got',
      { stream: null, capturedFromMs: now - 30 * HOUR },
      { proven: true, fromMs: now - 30 * HOUR, exportMs: now - HOUR },
    ],
    [
      'is the proof, once there is one',
      { stream: null, proof: { proven: true, fromMs: 1, slackMs: 2, exportMs: 4 } },
      { proven: true, fromMs: 1, exportMs: 4 },
    ],
    [
      'is good for an export that is asked for when capture is far enough ahead',
      { snapshotFrom: 'export', stream: null, exportMs: null },
      { proven: true, fromMs: now, exportMs: null },
    ],
    [
      'is good for a scan, which waits for capture',
      { snapshotFrom: 'scan', stream: null, exportMs: null },
      { proven: true, fromMs: now, exportMs: null },
    ],
    [
      'is bad for an export that cannot be read',
      { exportMs: null },
      { proven: false, fromMs: now - 3 * HOUR, exportMs: null },
    ],
    ['claims nothing for a copy', { captures: false }, { proven: false, fromMs: null, exportMs: now - HOUR }],
    [
      'claims nothing for events alone',
      { snapshotFrom: 'none', exportMs: null },
      { proven: false, fromMs: null, exportMs: null },
    ],
  ])('%s', (_, part, expected) => {
    expect(outlook({ ...known, ...part })).toEqual(expected);
  });
});

describe('a problem of coverage', () => {
  test('is what migrate would refuse, with its code, its times and the slack', () => {
    const problem = coverageProblem('Music', { ...known, stream: null });
    expect(problem).toMatchObject({ code: 'SOURCE_COVERAGE_UNPROVEN', exit: 4 });
    expect(problem?.message).toContain('no stream yet');
    expect(problem?.message).toContain('2026-11-21T10:55:00.000Z');
    expect(problem?.message).toContain('slackSeconds 300');
  });

  test.each<[string, Partial<Known>]>([
    ['nothing is wrong', {}],
    ['no coverage is asked', { captures: false, stream: null }],
    ['the export itself is the problem', { exportMs: null }],
    ['a scan will be taken', { snapshotFrom: 'scan', exportMs: null, stream: null }],
  ])('is none where %s', (_, part) => {
    expect(coverageProblem('Music', { ...known, ...part })).toBeNull();
  });
});
