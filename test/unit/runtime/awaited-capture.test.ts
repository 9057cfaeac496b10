import { expect, test } from 'vitest';
import type { ConnectError } from '../../../connectors/errors.ts';
import { awaitCapture } from '../../../connectors/runtime/source/awaited-capture.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';

/** A task whose clock stands still until `pass`. */
function subject() {
  const faults: (string | null)[] = [];
  const warnings: string[] = [];
  const stopping = new AbortController();
  const slept: number[] = [];
  let wake = () => {};
  const clock = {
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        slept.push(ms);
        wake = resolve;
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const task = {
    definition: { name: 'm-snapshot', captureConnector: 'm-chagnes' },
    context: {
      clock,
      signal: stopping.signal,
      log: { warn: (_: object, text: string) => warnings.push(text) },
    },
    report: {
      fault: (table: string, error: ConnectError | null) => faults.push(error && `${table} ${error.code}`),
    },
  } as unknown as TaskRun;
  let listener = () => {};
  const log = {
    subscribe: (heard: () => void) => {
      listener = heard;
      return () => {};
    },
  };
  let found: string | null = null;
  const waiting = awaitCapture(task, 'T', () => found, log);
  const find = (what: string) => {
    found = what;
    listener();
  };
  const pass = async () => {
    wake();
    await new Promise(setImmediate);
  };
  return { waiting, find, pass, faults, warnings, slept, stopping };
}

test('a capture that does not come is told of after a minute, by the connector that is waited for, and not when it comes', async () => {
  const { waiting, find, pass, faults, warnings, slept } = subject();
  expect(slept).toEqual([60_000]);
  await pass();
  expect(faults).toEqual(['T SOURCE_CAPTURE_AWAITED']);
  expect(warnings).toEqual([expect.stringContaining('m-chagnes')]);
  find('captured');
  expect(await waiting).toBe('captured');
  expect(faults).toEqual(['T SOURCE_CAPTURE_AWAITED', null]);
});

test('a capture that comes soon is waited for in silence', async () => {
  const { waiting, find, faults } = subject();
  find('captured');
  expect(await waiting).toBe('captured');
  expect(faults).toEqual([]);
});

test('nothing waits on when the task stops', async () => {
  const { waiting, faults, stopping } = subject();
  stopping.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  expect(faults).toEqual([]);
});
