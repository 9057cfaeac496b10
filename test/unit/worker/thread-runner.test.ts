import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import type { MetricsRegistry } from '../../../connectors/metrics/registry.ts';
import { Loggers } from '../../../connectors/worker/loggers.ts';
import { type TaskOrder, taskKey } from '../../../connectors/worker/threads/task-runner.ts';
import type { ThreadSetup } from '../../../connectors/worker/threads/thread-messages.ts';
import { ThreadRunner } from '../../../connectors/worker/threads/thread-runner.ts';
import { silent } from './silent-log.ts';

const { FakeThread } = vi.hoisted(() => {
  class FakeThread {
    static readonly made: FakeThread[] = [];
    readonly tasks = new Set<string>();
    readonly levels: string[] = [];
    death: ConnectError | null = null;

    constructor() {
      FakeThread.made.push(this);
    }

    get size(): number {
      return this.tasks.size;
    }

    has(key: string): boolean {
      return this.tasks.has(key);
    }

    start(order: TaskOrder): void {
      this.tasks.add(taskKey(order));
    }

    async stop(key: string): Promise<void> {
      this.tasks.delete(key);
    }

    errors(): ReadonlyMap<string, ConnectError> {
      return this.death === null ? new Map() : new Map([['', this.death]]);
    }

    setLevel(name: string, level: string): void {
      this.levels.push(`${name} ${level}`);
    }

    async close(): Promise<void> {}
  }
  return { FakeThread };
});

vi.mock('../../../connectors/worker/threads/task-thread.ts', () => ({ TaskThread: FakeThread }));

test('a thread that died is replaced though not all of its tasks are started again', async () => {
  const metrics = { merge: () => ({ [Symbol.dispose]: () => {} }) } as unknown as MetricsRegistry;
  const loggers = new Loggers(silent, systemClock);
  await using runner = new ThreadRunner({} as ThreadSetup, 1, loggers, metrics);
  loggers.setLevel('connector/a', 'DEBUG');
  const order = (task: number): TaskOrder => ({ connector: 'a', task, tasks: 3, config: {} });
  runner.start(order(0));
  runner.start(order(1));
  FakeThread.made[0]!.death = new ConnectError('WORKER_THREAD', 'it ended');
  await runner.stop('a-0');
  runner.start(order(0));
  expect(runner.errors('a-0').size).toBe(0);
  expect(runner.errors('a-1').get('')?.code).toBe('WORKER_THREAD');
  await runner.stop('a-1');
  runner.start(order(1));
  expect(runner.errors('a-1').size).toBe(0);
  expect(FakeThread.made.map(({ size }) => size)).toEqual([0, 2]);
  expect(FakeThread.made[1]?.levels).toEqual(['connector/a DEBUG']);
});
