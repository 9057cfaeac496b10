import { systemClock } from '../../connectors/clock.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { Generation } from '../../connectors/runtime/source/generation.ts';
import type { WorkerBase } from '../../connectors/worker/base.ts';
import { type TaskOrder, type TaskRunner, taskKey } from '../../connectors/worker/threads/task-runner.ts';
import type { GroupLedger, Run } from './group-ledger.ts';
import { classOf, GROUP, isSource, topics } from './group-site.ts';
import { runSink, runSource, type TaskWorld } from './group-tasks.ts';
import type { Site } from './site.ts';

interface Running {
  readonly run: Run;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

/** Runs the model's tasks for a worker; as connectors/worker/threads/task-host.ts has it. */
export class GroupRunner implements TaskRunner {
  readonly #world: TaskWorld;
  readonly #running = new Map<string, Running>();
  readonly #classes: readonly string[];
  readonly #failed = new Set<string>();

  constructor(site: Site, base: WorkerBase, ledger: GroupLedger, classes: readonly string[]) {
    this.#classes = classes;
    const names = { topic: topics.configs.topic, group: GROUP };
    const generation = new Generation(base.kafka, base.configs, base.producer, names, systemClock);
    this.#world = { site, base, generation, ledger };
  }

  start(order: TaskOrder): void {
    const { site, ledger } = this.#world;
    const key = taskKey(order);
    if (!this.#classes.includes(classOf(order.config))) {
      this.#failed.add(key);
      return;
    }
    if (this.#running.has(key)) ledger.violations.push(`${site.process.name} starts ${key} twice`);
    const stopping = new AbortController();
    const run = { key, process: site.process, config: JSON.stringify(order.config), tasks: order.tasks };
    ledger.runs.add(run);
    const runs = isSource(order.config) ? runSource : runSink;
    const ended = runs(order, this.#world, stopping.signal).catch((error: unknown) => {
      ledger.violations.push(`${key} failed: ${String(error)}`);
    });
    this.#running.set(key, { run, stopping, ended });
  }

  async stop(key: string): Promise<void> {
    this.#failed.delete(key);
    const running = this.#running.get(key);
    if (!running) return;
    running.stopping.abort(new Error('stopping'));
    const waiting = new AbortController();
    await Promise.race([running.ended, systemClock.sleep(5000, waiting.signal).catch(() => {})]);
    waiting.abort();
    this.#running.delete(key);
    this.#world.ledger.runs.delete(running.run);
  }

  errors(key: string): ReadonlyMap<string, ConnectError> {
    return new Map(this.#failed.has(key) ? [['', new ConnectError('WORKER_CLASS', 'not here')]] : []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((key) => this.stop(key)));
  }
}
