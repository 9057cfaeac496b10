import type { Worker } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { TaskThread } from '../../../connectors/worker/threads/task-thread.ts';
import type { ThreadSetup } from '../../../connectors/worker/threads/thread-messages.ts';

/** A real thread that obeys as thread-main.ts does, but begins to loop for ever at a task whose configuration says so. */
const OBEYS_UNTIL_IT_LOOPS = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ type, key, order }) => {
    if (type === 'start' && order.config.loops === 'true') for (;;);
    if (type === 'stop') parentPort.postMessage({ type: 'stopped', key });
    if (type === 'close') parentPort.close();
  });
`;

vi.mock('node:worker_threads', async (real) => {
  const { Worker: RealWorker } = await real<{ Worker: typeof Worker }>();
  return {
    Worker: class extends RealWorker {
      constructor() {
        super(OBEYS_UNTIL_IT_LOOPS, { eval: true });
      }
    },
  };
});

const errors: string[] = [];
const log = { error: (_: unknown, text: string) => errors.push(text) };

/** With no time for a task, and a moment for its thread. */
function newThread(): TaskThread {
  const setup = { settings: { shutdownTimeoutMs: 100 - 5000 } } as unknown as ThreadSetup;
  return new TaskThread(setup, () => log as never);
}
const order = (task: number, config = {}) => ({ connector: 'c', task, tasks: 3, config });

test('a thread that loops for ever is ended where a task of it is to stop, and its other tasks fail', async () => {
  const thread = newThread();
  thread.start(order(0));
  thread.start(order(1, { loops: 'true' }));
  expect(thread.errors('c-0').size).toBe(0);
  await thread.stop('c-1');
  expect(thread.has('c-1')).toBe(false);
  expect(thread.errors('c-0').get('')).toMatchObject({ code: 'WORKER_THREAD', remedy: 'retry' });
  expect(errors).toEqual([expect.stringContaining('c-1')]);
  await thread.stop('c-0');
  await thread.close();
});

test('a thread that answers lives on', async () => {
  const thread = newThread();
  thread.start(order(0));
  thread.start(order(1));
  await thread.stop('c-0');
  expect([thread.has('c-0'), thread.has('c-1'), thread.death]).toEqual([false, true, null]);
  await thread.close();
});
