import type { Logger } from '../../log.ts';
import type { MetricSnapshot } from '../../metrics/instruments.ts';
import type { Loggers } from '../loggers.ts';
import { type TaskRunner, taskKey } from './task-runner.ts';
import { type Command, plainError, type Report } from './thread-messages.ts';

export interface ThreadWorld {
  readonly host: TaskRunner;
  readonly loggers: Pick<Loggers, 'setLevel'>;
  readonly log: Pick<Logger, 'warn'>;
  metrics(): Promise<readonly MetricSnapshot[]>;
  tell(report: Report): void;
  /** Ends the thread; its tasks have ended. */
  close(): Promise<void>;
}

/** What a thread is told, done; nothing that fails of it ends the thread, which has other tasks. */
export class ThreadCommands {
  readonly #world: ThreadWorld;
  /** By task: what was told of its errors last. */
  readonly #told = new Map<string, string>();

  constructor(world: ThreadWorld) {
    this.#world = world;
  }

  /** Tells of tasks that have failed, or run again; to be called every now and then. */
  look(): void {
    const { host, tell } = this.#world;
    for (const [key, before] of this.#told) {
      const errors = [...host.errors(key)].map(([table, error]) => [table, plainError(error)] as const);
      const text = JSON.stringify(errors);
      if (text === before) continue;
      this.#told.set(key, text);
      tell({ type: 'errors', key, errors });
    }
  }

  async obey(command: Command): Promise<void> {
    try {
      await this.#obey(command);
    } catch (err) {
      this.#world.log.warn({ command: command.type, err }, 'the thread could not do what it was told');
    }
  }

  async #obey(command: Command): Promise<void> {
    const { host, loggers, log, metrics, tell, close } = this.#world;
    switch (command.type) {
      case 'start':
        host.start(command.order);
        this.#told.set(taskKey(command.order), '[]');
        return;
      case 'stop': {
        const { key } = command;
        this.#told.delete(key);
        await host.stop(key).catch((err) => log.warn({ task: key, err }, 'the task did not stop cleanly'));
        tell({ type: 'stopped', key });
        return;
      }
      case 'level':
        loggers.setLevel(command.logger, command.level);
        return;
      case 'metrics':
        tell({ type: 'metrics', snapshot: await metrics().catch(() => []) });
        return;
      case 'close':
        try {
          await host[Symbol.asyncDispose]();
        } finally {
          await close();
        }
    }
  }
}
