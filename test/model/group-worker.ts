import type { MetricsRegistry } from '../../connectors/metrics/registry.ts';
import { GroupHerder } from '../../connectors/worker/group-herder.ts';
import { Worker } from '../../connectors/worker/worker.ts';
import type { GroupLedger } from './group-ledger.ts';
import { GroupRunner } from './group-runner.ts';
import { scopeOf, settingsAt } from './group-site.ts';
import { silent } from './silent.ts';
import type { Site } from './site.ts';

/** A process with a worker in it: the real one, over the model's Kafka and with the model's tasks. */
export class GroupWorker {
  readonly site: Site;
  /** Classes that it has. */
  readonly classes: readonly string[];
  readonly herder: GroupHerder;
  isStopped = false;
  worker: Worker | null = null;
  readonly #ledger: GroupLedger;

  constructor(site: Site, ledger: GroupLedger, classes: readonly string[]) {
    this.site = site;
    this.#ledger = ledger;
    this.classes = classes;
    this.herder = new GroupHerder(scopeOf(classes));
    this.#inProcess(() => this.#start());
  }

  get name(): string {
    return this.site.process.name;
  }

  get isRunning(): boolean {
    const { alive, pausedUntilMs } = this.site.process;
    return alive && !this.isStopped && pausedUntilMs <= this.site.time.nowMs;
  }

  kill(): void {
    this.site.process.alive = false;
  }

  pause(ms: number): void {
    this.site.process.pausedUntilMs = this.site.time.nowMs + ms;
  }

  stop(): void {
    this.isStopped = true;
    this.#inProcess(async () => this.worker?.[Symbol.asyncDispose]());
  }

  /** A request to its REST API; what it answers is heard of, if it lives that long. */
  ask<T>(request: (herder: GroupHerder) => Promise<T>, answered: (error: unknown) => void): void {
    this.site.time.at(0, this.site.process, () => {
      Promise.resolve()
        .then(() => request(this.herder))
        .then(() => answered(null), answered);
    });
  }

  #inProcess(step: () => Promise<unknown>): void {
    const { time, process } = this.site;
    time.at(0, process, () => {
      step().catch((error: unknown) => {
        this.#ledger.violations.push(`${this.name} failed: ${String(error)}`);
      });
    });
  }

  async #start(): Promise<void> {
    const { site } = this;
    const worker = await Worker.start({
      settings: settingsAt(site),
      scope: scopeOf(this.classes),
      workerId: this.name,
      url: `http://${this.name}`,
      sasl: undefined,
      log: silent,
      signal: new AbortController().signal,
      metrics: { show: () => {} } as unknown as MetricsRegistry,
      runnerOf: (base) => new GroupRunner(site, base, this.#ledger, this.classes),
      onFailed: (error) => this.#ledger.violations.push(`${this.name} gave up: ${error.message}`),
    });
    this.worker = worker;
    const { base, store, status, peers } = worker;
    this.herder.ready({
      workerId: this.name,
      settings: worker.settings,
      base,
      store,
      status,
      peers,
      kafkaClusterId: 'k',
      healthy: () => worker.healthy,
    });
    if (this.isStopped) await worker[Symbol.asyncDispose]();
  }
}
