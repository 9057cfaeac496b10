import { expect, test } from 'vitest';
import { type LoadOutcome, loadDocument, loadText } from '../../../cli/actions/load-text.ts';
import { Tally } from '../../../workload/counts.ts';

function outcome(streams: boolean, lost: number): LoadOutcome {
  const tally = new Tally();
  for (let n = 0; n < 3; n++) tally.add('put', 'c', false);
  for (let n = 0; n < 12; n++) tally.add('update', 'u', true);
  tally.add('delete', 'd', true);
  tally.add('delete', 'none', true);
  for (let n = 0; n < lost; n++) tally.add('put', 'unknown', true);
  const filled = { next: 1000, created: 990, updated: 4, unchanged: 6 };
  return {
    table: 'Music',
    seed: 1,
    streams,
    filled,
    fillSeconds: 2,
    counts: tally.counts(),
    writeSeconds: 1,
  };
}

test('counts are told by what the stream shows', () => {
  expect(loadText(outcome(true, 0))).toBe(
    [
      'Music: filled in 2.0 s, up to item 1000; 17 writes in 1.0 s',
      'operation  writes  created  updated  deleted  no change  unknown',
      'fill         1000      990        4        0          6        0',
      'put             3        3        0        0          0        0',
      'update         12        0       12        0          0        0',
      'replace         0        0        0        0          0        0',
      'delete          2        0        0        1          1        0',
      'In the stream: 993 created, 16 updated, 1 deleted.',
    ].join('\n'),
  );
});

test('a fill without a stream is not counted as changes', () => {
  expect(loadText(outcome(false, 0))).toContain('In the stream: 3 created, 12 updated, 1 deleted.');
  expect(loadDocument(outcome(false, 0)).byOperation).toEqual({ c: 3, u: 12, d: 1 });
});

test('counts that are not exact say so', () => {
  expect(loadDocument(outcome(true, 0))).toMatchObject({ exact: true, unknown: 0 });
  expect(loadDocument(outcome(true, 2))).toMatchObject({ exact: false, unknown: 2 });
  expect(loadText(outcome(true, 2))).toMatch(/Not exact: of 2 writes an answer was lost/);
});
