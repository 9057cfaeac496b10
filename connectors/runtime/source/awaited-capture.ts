import { ConnectError } from '../../errors.ts';
import { until } from '../wake.ts';
import type { TaskRun } from './task-run.ts';

/** How long nothing is said: a capture that has just begun reads its first shards in seconds. */
const PATIENCE_MS = 60_000;

/**
 * Waits for what only the capture of a table brings, and says so when it does not come: its connector may be stopped, of another
 * group, or misspelt.
 */
export async function awaitCapture<T>(
  task: TaskRun,
  table: string,
  find: () => T | null,
  log: { subscribe(listener: () => void): () => void },
): Promise<T> {
  const { signal } = task.context;
  const done = new AbortController();
  const telling = tellLate(task, table, AbortSignal.any([signal, done.signal]));
  try {
    return await until(find, log, signal);
  } finally {
    done.abort(new Error('captured'));
    if (await telling) task.report.fault(table, null);
  }
}

/** @returns whether something was said. */
async function tellLate(task: TaskRun, table: string, signal: AbortSignal): Promise<boolean> {
  const { clock, log } = task.context;
  try {
    await clock.sleep(PATIENCE_MS, signal);
  } catch {
    return false;
  }
  const capture = task.definition.captureConnector ?? '';
  const message = `Table ${table}: connector ${capture} is waited for, which does not capture its changes yet`;
  task.report.fault(
    table,
    new ConnectError('SOURCE_CAPTURE_AWAITED', message, { detail: { table, capture } }),
  );
  log.warn({ table, capture, code: 'SOURCE_CAPTURE_AWAITED' }, message);
  return true;
}
