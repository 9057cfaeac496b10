import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestServices } from '../../services.ts';
import { until } from '../kafka-testing.ts';
import { type Ended, expectExit, Messina } from './messina.ts';

export interface WorkerOptions {
  /** Keys of its configuration over those of {@link settings}. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A worker as a user runs it: `messina source CONFIG` or `messina sink CONFIG`, its REST API on a free port of the loopback. */
export class Worker implements AsyncDisposable {
  readonly process: Messina;
  readonly #folder: string;
  #url: string | null = null;

  private constructor(process: Messina, folder: string) {
    this.process = process;
    this.#folder = folder;
  }

  /** Resolves when it answers that it is healthy; throws what it said when it ends before. */
  static async start(
    kind: 'source' | 'sink',
    services: TestServices,
    options: WorkerOptions = {},
  ): Promise<Worker> {
    const worker = await Worker.launch(kind, services, options);
    try {
      await worker.untilReady();
    } catch (error) {
      await worker[Symbol.asyncDispose]();
      throw error;
    }
    return worker;
  }

  /** As {@link start}, without waiting for it: for those that end at once. */
  static async launch(
    kind: 'source' | 'sink',
    services: TestServices,
    options: WorkerOptions = {},
  ): Promise<Worker> {
    const folder = await mkdtemp(join(tmpdir(), 'messina-worker-'));
    const config = join(folder, 'worker.properties');
    const lines = Object.entries({ ...settings(services), ...options.settings });
    await writeFile(config, lines.map(([key, value]) => `${key}=${value}\n`).join(''));
    return new Worker(new Messina([kind, config, '--log-format', 'json'], options.env), folder);
  }

  /** Root of its REST API. */
  get url(): string {
    if (this.#url === null) throw new Error('the worker does not listen yet');
    return this.#url;
  }

  /** `worker_id` of what it runs. */
  get id(): string {
    return new URL(this.url).host;
  }

  get log(): string {
    return this.process.stderr;
  }

  /** Drains as a stopping container does; it must exit 0. */
  stop(): Promise<Ended> {
    this.process.kill('SIGTERM');
    return expectExit(this.process.ended, 0);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process.ended;
  }

  async untilReady(): Promise<void> {
    await until('the worker is healthy', async () => {
      if (!this.process.running) throw new Error(`the worker has ended:\n${this.log}`);
      this.#url ??= /^listening at (http:\S+?)(,|$)/m.exec(this.process.stdout)?.[1] ?? null;
      return this.#url !== null && (await fetch(`${this.#url}/health`)).status === 200;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The group is the migration's: its name is that of the services. */
function settings({ name, kafka }: TestServices): Record<string, string> {
  return {
    'bootstrap.servers': kafka.bootstrap,
    'group.id': name,
    listeners: 'http://127.0.0.1:0',
    // Of a machine that is busy with other tests.
    'task.shutdown.graceful.timeout.ms': '30000',
  };
}
