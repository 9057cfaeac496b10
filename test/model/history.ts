import { createLogger, type Logger } from '../../connectors/log.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { Broker } from './broker.ts';
import { Coordinator } from './coordinator.ts';
import { Exports } from './export-source.ts';
import { countFaults, Ledger, versionFaults } from './ledger.ts';
import { setBroker } from './naive.ts';
import type { Profile } from './profiles.ts';
import { facts, SourceTable, TABLE } from './source-table.ts';
import { Target } from './target.ts';
import { VersionedTarget } from './versioned-plugin.ts';
import { Process, VirtualTime } from './virtual-time.ts';
import {
  INTERNAL_PARTITIONS,
  internal,
  names,
  PARTITIONS,
  SINK,
  silent,
  VERSIONED_SINK,
  Worker,
} from './worker.ts';

export interface Verdict {
  /** `equal`: the target is the source; `gap`: the run halted and said so; else what went wrong. */
  readonly outcome: 'equal' | 'gap' | 'wrong';
  readonly faults: readonly string[];
}

const SETTLE_MAX_MS = 600_000;
const GAPS = new Set(['SOURCE_DATA_GAP', 'SOURCE_COVERAGE_UNPROVEN']);

/** One random history of a migration with its faults, from its seed. */
export class History {
  readonly time: VirtualTime;
  readonly #profile: Profile;
  readonly #broker: Broker;
  readonly #coordinator: Coordinator;
  readonly #source: SourceTable;
  readonly #target: Target;
  readonly #versioned: VersionedTarget | null;
  readonly #exports: Exports;
  readonly #ledger: Ledger;
  readonly #workers: Worker[] = [];
  #tasks: number;
  #started = 0;

  constructor(profile: Profile, seed: number) {
    const time = new VirtualTime(seed);
    const { random } = time;
    this.time = time;
    this.#profile = profile;
    this.#broker = new Broker(time);
    setBroker(this.#broker);
    this.#coordinator = new Coordinator(time, (topic) => this.#broker.partitions(topic));
    this.#source = new SourceTable(time, 2 + random.below(4), random.chance(0.3) ? 60_000 : 1000);
    this.#target = new Target(time, profile.target, random.chance(profile.balanced));
    this.#versioned = random.chance(profile.versioned) ? new VersionedTarget(time) : null;
    const manifestMs = random.chance(profile.manifest)
      ? Math.floor(time.nowMs + random.between(10_000, 60_000))
      : null;
    const isScan = random.chance(0.3);
    const shape = isScan
      ? { fromMs: 0, toMs: 8000, slackMs: 4000 }
      : { fromMs: -6000, toMs: 6000, slackMs: 15_000 };
    this.#exports = new Exports(time, this.#source, { ...shape, manifestMs }, facts);
    this.#ledger = new Ledger(this.#broker, this.#coordinator, this.#source, profile.downHours === null);
    this.#target.say = (what) => this.#say(what);
    this.#source.say = (what) => this.#say(what);
    this.#target.observer = this.#ledger;
    this.#ledger.onViolation = () => this.#say(this.#ledger.violations.at(-1)!);
    this.#tasks = 1 + random.below(3);
    for (const topic of [names.snapshot(TABLE), names.changes(TABLE)]) this.#broker.create(topic, PARTITIONS);
    for (const topic of [names.catalog, internal.configs, 'dead-letters']) this.#broker.create(topic, 1);
    for (const topic of [internal.offsets, internal.status, internal.slots]) {
      this.#broker.create(topic, INTERNAL_PARTITIONS);
    }
  }

  async run(): Promise<Verdict> {
    using _globals = this.time.install();
    try {
      // Awaited here: the globals are the history’s until its end.
      return await this.#run();
    } finally {
      await this.time.end();
    }
  }

  async #run(): Promise<Verdict> {
    const { random } = this.time;
    const { writeMs, workers } = this.#profile;
    for (const key of this.#source.keys) if (random.chance(0.7)) this.#source.write(key, false);
    await this.#pass(random.between(0, 3000));
    this.#source.enable();
    this.#plan();
    for (let i = 0; i < workers; i++) this.time.at(random.between(0, 2000), null, () => this.#startWorker());
    await this.#pass(writeMs);
    if (this.#profile.downHours !== null) await this.#down(this.#profile.downHours);
    return this.#settle();
  }

  /** Everything that will happen by itself: writes, splits, faults. */
  #plan(): void {
    const { random } = this.time;
    const { writeMs, writesPerSecond, splits, faults, nodeFaults, faultsFromMs } = this.#profile;
    // Many keys fall silent early: what a history does to them last, is what counts.
    const silentMs = new Map(
      this.#source.keys.map((key) => [key, random.chance(0.6) ? random.next() * writeMs : writeMs]),
    );
    let atMs = 0;
    while (atMs < writeMs) {
      atMs += random.chance(0.4)
        ? random.between(0, 150)
        : (-Math.log(1 - random.next()) * 1600) / writesPerSecond;
      const key = random.pick(this.#source.keys);
      if (atMs < silentMs.get(key)!)
        this.time.at(atMs, null, () => this.#source.write(key, random.chance(0.25)));
    }
    const some = (count: number, run: () => void, fromMs = 0) => {
      for (let i = random.below(count + 1); i > 0; i--)
        this.time.at(random.between(fromMs, writeMs + 3000), null, run);
    };
    some(splits, () => this.#source.split());
    some(faults, () => this.#fault(), faultsFromMs);
    some(nodeFaults, () => this.#nodeFault(), faultsFromMs);
  }

  #startWorker(): void {
    const { random } = this.time;
    const worker = new Process(`w${this.#started++}`, random.between(-600_000, 600_000));
    const site = {
      time: this.time,
      process: worker,
      broker: this.#broker,
      coordinator: this.#coordinator,
      kafkaFaults: this.#profile.kafkaFaults,
      transactionMs: this.#profile.transactionMs,
    };
    const log = isTraced ? tracing(worker.name) : silent;
    const around = {
      source: this.#source,
      exports: this.#exports,
      target: this.#target,
      versioned: this.#versioned,
      log,
    };
    this.#workers.push(new Worker(site, around, this.#tasks));
  }

  #fault(): void {
    const { random } = this.time;
    const running = this.#workers.filter((worker) => worker.isRunning);
    if (running.length === 0) return;
    const worker = random.pick(running);
    const soon = () => this.time.at(random.between(0, 6000), null, () => this.#startWorker());
    const kind = random.pick(this.#profile.kinds);
    this.#say(`${kind} ${worker.site.process.name}`);
    if (kind === 'kill') {
      worker.kill();
      soon();
    } else if (kind === 'zombie') {
      worker.pause(random.between(500, 25_000));
      if (random.chance(0.7)) this.#startWorker();
    } else if (kind === 'stop') {
      worker.stop();
      soon();
    } else {
      // A rolling restart with another number of tasks: the old ones are killed, stopped, or sleep.
      this.#tasks = 1 + random.below(3);
      if (random.chance(0.6)) worker.pause(random.between(5000, 25_000));
      else worker.kill();
      soon();
    }
  }

  #nodeFault(): void {
    this.#target.toggleNode();
    for (const worker of this.#workers) {
      worker.lookAround(this.time.random.between(0, 1500));
    }
  }

  /** All workers are away for hours, while now and then something is written. */
  async #down(hours: number): Promise<void> {
    const { random } = this.time;
    await this.#pass(random.between(30_000, 150_000));
    for (const worker of this.#workers) worker.kill();
    const downMs = hours * 3_600_000 * random.between(0.9, 1.1);
    for (let i = random.below(4); i > 0; i--) {
      this.time.at(random.between(0, downMs), null, () =>
        this.#source.write(random.pick(this.#source.keys), false),
      );
    }
    await this.#pass(downMs);
    this.#startWorker();
    await this.#pass(60_000);
  }

  #pass(ms: number): Promise<void> {
    return this.time.runTo(this.time.nowMs + ms);
  }

  /** Lets everything drain, then holds the target against the source. */
  async #settle(): Promise<Verdict> {
    const untilMs = this.time.nowMs + SETTLE_MAX_MS;
    for (;;) {
      const ended = this.#halted();
      if (ended) return ended;
      const waitsFor = this.#waitsFor();
      if (waitsFor === null) break;
      if (this.time.nowMs > untilMs) return this.#wrong(`stuck: waits for ${waitsFor}`);
      await this.#pass(3000);
    }
    // Late writes of whoever was given up.
    await this.#pass(16_000);
    return this.#halted() ?? this.#verdict('equal');
  }

  /** Whether some worker does not go on, and whether it may. */
  #halted(): Verdict | null {
    for (const worker of this.#workers) {
      if (worker.failure !== null) return this.#wrong(`a worker failed: ${String(worker.failure)}`);
      if (!worker.isRunning) continue;
      for (const { code, message } of worker.halts.values()) {
        const isGap = GAPS.has(code) && this.#profile.mayHalt(code);
        return isGap ? this.#verdict('gap') : this.#wrong(`halted: ${code} ${message}`);
      }
    }
    return null;
  }

  /** What is not drained yet; null: all is. */
  #waitsFor(): string | null {
    const { published, lanes } = this.#ledger;
    if (!this.#workers.some((worker) => worker.isRunning)) this.#startWorker();
    const asleep = this.#workers.find(
      ({ site, isRunning, isStopped }) => site.process.alive && !isRunning && !isStopped,
    );
    if (asleep) return `${asleep.site.process.name}, which sleeps`;
    if (!lanes.every((lane) => lane.isComplete)) return 'the complete-markers';
    // What is nearly a day old may lie before the coverage, or be trimmed.
    const oldMs = this.time.nowMs - 23 * 3_600_000;
    const unread = this.#source.records.find(({ atMs, shard, sequence }) => {
      return atMs > oldMs && !published.has(`${shard}/${sequence}`);
    });
    if (unread) return `${unread.shard}/${unread.sequence}, which is not published`;
    for (const sink of this.#versioned ? [SINK, VERSIONED_SINK] : [SINK]) {
      if (!this.#coordinator.isStable(sinkGroup(sink))) return `a rebalance of ${sink}`;
      for (const topic of [names.snapshot(TABLE), names.changes(TABLE)]) {
        for (let partition = 0; partition < PARTITIONS; partition++) {
          const { offset } = this.#coordinator.committed(sinkGroup(sink), topic, partition);
          const end = this.#broker.end(topic, partition);
          if ((offset ?? 0) < end)
            return `${sink}, which has ${topic}/${partition} up to ${offset} of ${end}`;
        }
      }
    }
    return null;
  }

  #verdict(outcome: 'equal' | 'gap'): Verdict {
    const { lanes, violations } = this.#ledger;
    const faults = [...violations, ...versionFaults(lanes)];
    if (outcome === 'equal') faults.push(...countFaults(lanes, this.#coordinator), ...this.#differences());
    return faults.length > 0 ? { outcome: 'wrong', faults } : { outcome, faults };
  }

  /** A broken property says more than where a history came to a stop. */
  #wrong(fault: string): Verdict {
    return { outcome: 'wrong', faults: [...this.#ledger.violations, fault] };
  }

  #differences(): string[] {
    const scanner = new ItemScanner(facts.keySchema);
    return this.#source.keys.flatMap((key) => {
      const json = Buffer.from(JSON.stringify({ id: { S: key } }));
      const name = scanner.scan(json, 0, json.length).key.toString('latin1');
      const is = this.#source.items.get(key) ?? null;
      const values = [this.#target.value(name), ...(this.#versioned ? [this.#versioned.value(name)] : [])];
      return values.flatMap((n, i) =>
        n === is ? [] : [`${i === 0 ? 'target' : 'versioned target'}: ${key} is ${n}, not ${is}`],
      );
    });
  }

  #say(what: string): void {
    if (isTraced) process.stdout.write(`${new Date(this.time.nowMs).toISOString().slice(8, 23)} ${what}\n`);
  }
}

/** MODEL_TRACE=1 tells what happens, as it happens. */
const isTraced = process.env['MODEL_TRACE'] === '1';

function tracing(name: string): Logger {
  const write = (line: string) => void process.stdout.write(`${name} ${line}`);
  return createLogger({ level: 'debug', format: 'pretty', destination: { write } });
}
