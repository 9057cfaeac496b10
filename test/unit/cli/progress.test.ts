import { describe, expect, test } from 'vitest';
import { barLines, createProgress, type ProgressRow } from '../../../cli/progress.ts';
import { memoryStream } from './command-line.ts';

const row = (more: Partial<ProgressRow> = {}): ProgressRow => ({
  label: 'Music',
  phase: 'loading',
  done: 640,
  total: 1000,
  rate: 310.4,
  note: '',
  ...more,
});

function progressOn(isTTY: boolean, quiet = false) {
  const stream = memoryStream(isTTY);
  let nowMs = 0;
  const progress = createProgress(stream, { quiet, intervalMs: 5000, now: () => nowMs });
  return { progress, stream, pass: (ms: number) => (nowMs += ms) };
}

describe('without a terminal', () => {
  test('a line per row is written at once, then once in an interval', () => {
    const { progress, stream, pass } = progressOn(false);
    progress.update([row()]);
    pass(4999);
    progress.update([row({ done: 700 })]);
    pass(1);
    progress.update([row({ done: 800 })]);
    expect(stream.written).toEqual([
      'Music loading 640/1,000 64% 310/s\n',
      'Music loading 800/1,000 80% 310/s\n',
    ]);
  });

  test('the last state is written at the end, once', () => {
    const { progress, stream } = progressOn(false);
    progress.update([row()]);
    progress.update([row({ done: 1000, note: 'done' })]);
    progress.done();
    progress.done();
    expect(stream.written.at(-1)).toBe('Music loading 1,000/1,000 100% 310/s done\n');
    expect(stream.written).toHaveLength(2);
  });

  test('beside a log in JSON, each row is a document too', () => {
    const stream = memoryStream(true);
    const progress = createProgress(stream, { quiet: false, format: 'json' });
    progress.update([row()]);
    expect(stream.written.map((line) => JSON.parse(line))).toMatchObject([
      { level: 30, msg: 'progress', table: 'Music', phase: 'loading', done: 640, total: 1000, rate: 310 },
    ]);
  });

  test('lines of a log are written as they are', () => {
    const { progress, stream } = progressOn(false);
    progress.update([row()]);
    progress.above('log\n');
    expect(stream.written.at(-1)).toBe('log\n');
  });
});

describe('on a terminal', () => {
  test('bars are drawn in place, ten times a second at most', () => {
    const { progress, stream, pass } = progressOn(true);
    progress.update([row(), row()]);
    pass(50);
    progress.update([row(), row()]);
    expect(stream.written).toHaveLength(1);
    pass(50);
    progress.update([row(), row()]);
    expect(stream.written[1]).toBe('\u001b[2A\u001b[0J');
  });

  test('a log line goes above the bars', () => {
    const { progress, stream } = progressOn(true);
    progress.update([row()]);
    progress.above('log\n');
    expect(stream.written).toEqual([
      expect.any(String),
      '\u001b[1A\u001b[0J',
      'log\n',
      expect.stringContaining('█'),
    ]);
  });

  test('the last bars stay', () => {
    const { progress, stream } = progressOn(true);
    progress.update([row()]);
    progress.done();
    progress.above('log\n');
    expect(stream.written.at(-1)).toBe('log\n');
  });
});

describe('bars', () => {
  test('stand in columns, without a bar where the end is not known', () => {
    expect(
      barLines([row(), row({ label: 'A', phase: 'following', total: null, note: 'lag 2 s' })], 100),
    ).toEqual([
      'Music loading   ████████████░░░░░░░░ 640/1,000 64% 310/s',
      'A     following 640 310/s lag 2 s',
    ]);
  });

  test('are full only when all is done', () => {
    expect(barLines([row({ done: 999_999, total: 1_000_000 })], 100)[0]).toContain('99%');
    expect(barLines([row({ done: 0, total: 0 })], 100)[0]).toContain('100%');
  });

  test('never wrap', () => {
    expect(barLines([row({ note: 'x'.repeat(200) })], 60)[0]).toHaveLength(59);
  });
});

test('quiet progress writes nothing but the log', () => {
  const { progress, stream } = progressOn(true, true);
  progress.update([row()]);
  progress.above('log\n');
  progress.done();
  expect(stream.written).toEqual(['log\n']);
});
