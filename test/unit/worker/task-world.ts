import { ConnectError } from '../../../connectors/errors.ts';
import { AutoRestart } from '../../../connectors/worker/auto-restart.ts';
import { SaidStatus } from '../../../connectors/worker/state/said-status.ts';
import { TaskSet, type WantedTask } from '../../../connectors/worker/task-set.ts';
import { type TaskOrder, type TaskRunner, taskKey } from '../../../connectors/worker/threads/task-runner.ts';
import { JumpingClock } from '../sink/jumping-clock.ts';
import { MemoryStatus } from './memory-status.ts';
import { silent } from './silent-log.ts';

export const away = new ConnectError('TARGET_UNREACHABLE', 'away');
export const bad = new ConnectError('TARGET_SCHEMA', 'another schema');

/** Runs nothing; fails as it is told. */
export class FakeRunner implements TaskRunner {
  readonly steps: string[] = [];
  readonly failing = new Map<string, ReadonlyMap<string, ConnectError>>();
  readonly running = new Set<string>();
  /** A task that fails is well again once it was started anew. */
  heals = false;
  stopFails = false;

  start(order: TaskOrder): void {
    this.steps.push(`start ${taskKey(order)} of ${order.tasks}`);
    this.running.add(taskKey(order));
    if (this.heals) this.failing.delete(taskKey(order));
  }

  async stop(key: string): Promise<void> {
    this.steps.push(`stop ${key}`);
    this.running.delete(key);
    if (this.stopFails) throw new Error('cannot');
  }

  errors(key: string): ReadonlyMap<string, ConnectError> {
    return this.failing.get(key) ?? new Map();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A task set over a clock that jumps; it runs until it is disposed of. */
export function taskWorld({ autoRestart = true } = {}) {
  const clock = new JumpingClock();
  const runner = new FakeRunner();
  const status = new MemoryStatus();
  const gone = new Set<string>();
  const delays = { autoRestart, autoRestartDelayMs: 10_000, autoRestartDelayMaxMs: 40_000 };
  const restart = new AutoRestart(delays, clock);
  const said = new SaidStatus({ status, topic: status, workerId: 'me', log: silent });
  const tasks = new TaskSet({
    runner,
    said,
    log: silent,
    clock,
    autoRestart: () => restart,
    exists: ({ connector }) => !gone.has(connector),
  });
  const settled = () => clock.sleep(1);
  return {
    ...{ clock, runner, status, gone, tasks, settled },
    stateOf: (key: string) => status.said(`status-task-${key}`)?.state ?? null,
    traceOf: (key: string) => status.said(`status-task-${key}`)?.trace ?? null,
    [Symbol.asyncDispose]: () => tasks.close(),
  };
}

export const task = (number: number, over: Partial<WantedTask> = {}): WantedTask => ({
  connector: 'c',
  task: number,
  tasks: 2,
  config: { 'task.id': String(number) },
  paused: false,
  epochs: '1',
  ...over,
});
