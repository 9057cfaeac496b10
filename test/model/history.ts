import { sinkGroup } from '../../connectors/topic-names.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { Broker } from './broker.ts';
import { Coordinator } from './coordinator.ts';
import { Exports } from './export-source.ts';
import { countFaults, versionFaults } from './faults.ts';
import { belongs, filter } from './filter.ts';
import { Ledger } from './ledger.ts';
import { isOff, setBroker } from './naive.ts';
import { Operator } from './operator.ts';
import type { Profile } from './profiles.ts';
import { changeName } from './published.ts';
import { facts, SourceTable, TABLE } from './source-table.ts';
import { Target } from './target.ts';
import { VersionedTarget } from './versioned-plugin.ts';
import { isTraced, VirtualTime } from './virtual-time.ts';
import {
  INTERNAL_PARTITIONS,
  internal,
  names,
  PARTITIONS,
  SINK,
  VERSIONED_SINK,
  type Worker,
} from './worker.ts';

export interface Verdict {
  /** `equal`: the target is the source; `gap`: the run halted and said so; else what went wrong. */
  readonly outcome: 'equal' | 'gap' | 'wrong';
  readonly faults: readonly string[];
}

const SETTLE_MAX_MS = 600_000;
/** The run is looked at this often. */
const LOOK_MS = 3000;
/** New snapshots that heal a history; each has its own cause, and there are not so many. */
const HEALED_MAX = 8;
const GAPS = new Set(['SOURCE_DATA_GAP', 'SOURCE_COVERAGE_UNPROVEN']);

/** One random history of a migration with its faults, from its seed. */
export class History {
  readonly time: VirtualTime;
  /** Data gaps that were found and healed by a new snapshot. */
  healed = 0;
  readonly #profile: Profile;
  readonly #broker: Broker;
  readonly #coordinator: Coordinator;
  readonly #source: SourceTable;
  readonly #target: Target;
  readonly #versioned: VersionedTarget | null;
  readonly #exports: Exports;
  readonly #ledger: Ledger;
  readonly #operator: Operator;
  readonly #isFiltered: boolean;
  readonly #sinks: readonly string[];
  /** Until then something is due to happen by itself. */
  #plannedMs = 0;

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
    this.#sinks = this.#versioned ? [SINK, VERSIONED_SINK] : [SINK];
    this.#isFiltered = random.chance(profile.filtered);
    this.#exports = this.#makeExports();
    this.#ledger = new Ledger(this.#broker, this.#coordinator, this.#source, {
      publishesAll: profile.downHours === null,
      isFiltered: this.#isFiltered,
    });
    this.#target.say = (what) => this.#say(what);
    this.#source.say = (what) => this.#say(what);
    this.#target.observer = this.#ledger;
    this.#ledger.onViolation = () => this.#say(this.#ledger.violations.at(-1)!);
    this.#operator = this.#makeOperator();
    for (const topic of [names.snapshot(TABLE), names.changes(TABLE)]) this.#broker.create(topic, PARTITIONS);
    for (const topic of [names.catalog, internal.configs, 'dead-letters']) this.#broker.create(topic, 1);
    for (const topic of [internal.offsets, internal.status]) this.#broker.create(topic, INTERNAL_PARTITIONS);
    // Of two workers the first keeps task 0 with 3 slots, and gives it away with 6.
    this.#broker.create(internal.slots, random.pick([3, 6]));
  }

  async run(): Promise<Verdict> {
    using _globals = this.time.install();
    try {
      // Awaited here: the globals are the history’s until its end.
      return await this.#run();
    } finally {
      this.time.end();
    }
  }

  async #run(): Promise<Verdict> {
    const { random } = this.time;
    const { writeMs, workers } = this.#profile;
    for (const key of this.#source.keys) if (random.chance(0.7)) this.#source.write(key, false);
    await this.#pass(random.between(0, 3000));
    this.#source.enable();
    this.#plan();
    for (let i = 0; i < workers; i++)
      this.time.at(random.between(0, 2000), null, () => this.#operator.start());
    for (let ms = 0; ms < writeMs; ms += LOOK_MS) {
      await this.#pass(Math.min(LOOK_MS, writeMs - ms));
      this.#heal();
    }
    if (this.#profile.downHours !== null) await this.#down(this.#profile.downHours);
    return this.#settle();
  }

  #makeExports(): Exports {
    const { random, nowMs } = this.time;
    const { manifest, windowed } = this.#profile;
    const manifestMs = random.chance(manifest) ? Math.floor(nowMs + random.between(10_000, 60_000)) : null;
    const shape = random.chance(0.3)
      ? { fromMs: 0, toMs: 8000, slackMs: 4000, windowed: 0 }
      : { fromMs: -6000, toMs: 6000, slackMs: 15_000, windowed };
    return new Exports(this.time, this.#source, { ...shape, manifestMs }, facts);
  }

  #makeOperator(): Operator {
    return new Operator({
      time: this.time,
      profile: this.#profile,
      broker: this.#broker,
      coordinator: this.#coordinator,
      around: {
        source: this.#source,
        exports: this.#exports,
        target: this.#target,
        versioned: this.#versioned,
        transforms: this.#isFiltered ? [filter] : [],
      },
      sinks: this.#sinks,
      isVersioned: (sink) => sink === VERSIONED_SINK,
      recreate: () => this.#versioned?.recreate(),
      catalog: this.#ledger.catalog,
      say: (what) => this.#say(what),
      replayed: (sink, partition, what) => {
        if (sink === SINK) this.#ledger.replayed(partition, what);
      },
    });
  }

  /** Everything that will happen by itself: writes, splits, faults. */
  #plan(): void {
    const { random } = this.time;
    const profile = this.#profile;
    const { writeMs, faultsFromMs } = profile;
    // Many keys fall silent early: what a history does to them last, is what counts.
    const silentMs = new Map(
      this.#source.keys.map((key) => [key, random.chance(0.6) ? random.next() * writeMs : writeMs]),
    );
    let atMs = 0;
    while (atMs < writeMs) {
      atMs += random.chance(0.4)
        ? random.between(0, 150)
        : (-Math.log(1 - random.next()) * 1600) / profile.writesPerSecond;
      const key = random.pick(this.#source.keys);
      if (atMs < silentMs.get(key)!)
        this.time.at(atMs, null, () => this.#source.write(key, random.chance(0.25)));
    }
    const some = (count: number, run: () => void, fromMs = 0, toMs = writeMs + 3000) => {
      for (let i = random.below(count + 1); i > 0; i--) this.time.at(random.between(fromMs, toMs), null, run);
    };
    some(profile.splits, () => this.#source.split());
    some(profile.faults, () => this.#operator.fault(), faultsFromMs);
    some(profile.nodeFaults, () => this.#nodeFault(), faultsFromMs);
    some(profile.streamLosses, () => this.#loseStream(), 0, writeMs / 2);
    some(profile.renewals, () => this.#operator.renew(), 5000);
    some(profile.replays, () => this.#operator.replay(), profile.replaysFromMs, writeMs + 30_000);
  }

  #nodeFault(): void {
    this.#target.toggleNode();
    for (const worker of this.#operator.workers) worker.lookAround(this.time.random.between(0, 1500));
  }

  /** The stream is disabled, and what is written until there is another one stands nowhere. */
  #loseStream(): void {
    const { random } = this.time;
    this.#source.disable();
    const lostMs = random.chance(0.2) ? 0 : random.between(0, 20_000);
    for (const key of this.#source.keys) {
      if (random.chance(0.4))
        this.time.at(random.between(0, lostMs), null, () => this.#source.write(key, random.chance(0.6)));
    }
    // Else the capture of the new snapshot enables one.
    if (random.chance(0.6)) this.time.at(lostMs, null, () => this.#source.enable());
  }

  /** All workers are away for hours, while now and then something is written. */
  async #down(hours: number): Promise<void> {
    const { random } = this.time;
    await this.#pass(random.between(30_000, 150_000));
    for (const worker of this.#operator.workers) worker.kill();
    const downMs = hours * 3_600_000 * random.between(0.9, 1.1);
    for (let i = random.below(4); i > 0; i--) {
      const isDelete = random.chance(0.4);
      this.time.at(random.between(0, downMs), null, () =>
        this.#source.write(random.pick(this.#source.keys), isDelete),
      );
    }
    await this.#pass(downMs);
    this.#operator.start();
    await this.#pass(60_000);
  }

  #pass(ms: number): Promise<void> {
    return this.time.runTo(this.time.nowMs + ms);
  }

  /** Lets everything drain, then holds the target against the source. */
  async #settle(): Promise<Verdict> {
    let untilMs = this.time.nowMs + SETTLE_MAX_MS;
    for (let isDrained = false; ; ) {
      if (this.#heal()) {
        isDrained = false;
        untilMs = this.time.nowMs + SETTLE_MAX_MS;
      }
      const ended = this.#halted();
      if (ended) return ended;
      const waitsFor = this.#waitsFor();
      if (waitsFor === null && isDrained) return this.#verdict('equal');
      if (this.time.nowMs > untilMs) return this.#wrong(`stuck: waits for ${waitsFor}`);
      isDrained = waitsFor === null;
      // Late writes of whoever was given up.
      await this.#pass(isDrained ? 16_000 : LOOK_MS);
    }
  }

  /** Begins a new snapshot where the run has halted for a gap that has a cause: that is the remedy. */
  #heal(): boolean {
    const operator = this.#operator;
    for (const worker of operator.running) {
      const isGap = [...worker.halts.values()].some(({ code }) => code === 'SOURCE_DATA_GAP');
      if (!isGap || !this.#hasCause(worker) || this.healed === HEALED_MAX) continue;
      // One that slept through a new snapshot knows only what was before it.
      if (worker.options.era < operator.era) worker.kill();
      else {
        this.healed++;
        operator.renew();
        return true;
      }
    }
    return false;
  }

  #hasCause(worker: Worker): boolean {
    if (worker.options.era < this.#operator.era || this.#profile.mayHalt('SOURCE_DATA_GAP')) return true;
    return this.#source.arn !== this.#streamArn;
  }

  /** Of the stream that is captured. */
  get #streamArn(): string | null {
    return this.#ledger.catalog.table(TABLE)?.epoch.streamArn ?? null;
  }

  /** Whether some worker does not go on, and whether it may. */
  #halted(): Verdict | null {
    for (const worker of this.#operator.workers) {
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
    const { published, catalog } = this.#ledger;
    const operator = this.#operator;
    if (operator.isRestarting) return 'a restart';
    if (this.time.nowMs <= this.#plannedMs) return 'what is planned';
    if (operator.running.length === 0) operator.start();
    const asleep = operator.workers.find(
      ({ site, isRunning, isStopped }) => site.process.alive && !isRunning && !isStopped,
    );
    if (asleep) return `${asleep.site.process.name}, which sleeps`;
    const epoch = catalog.table(TABLE)?.epoch;
    if (!epoch || epoch.number < this.#wantedEpoch) return 'the epoch';
    if (this.#source.arn !== epoch.streamArn) return 'the gap to be found';
    if (!catalog.isLoaded(TABLE)) return 'the complete-markers';
    // What is nearly a day old may lie before the coverage, or be trimmed.
    const oldMs = this.time.nowMs - 23 * 3_600_000;
    const unread = this.#source.records.find(({ arn, atMs, shard, sequence }) => {
      const isDue = arn === epoch.streamArn && atMs > oldMs;
      return isDue && !published.has(changeName(epoch.number, shard, sequence));
    });
    if (unread) return `${unread.shard}/${unread.sequence}, which is not published`;
    return this.#sinkBehind();
  }

  #sinkBehind(): string | null {
    for (const sink of this.#sinks) {
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

  /** The epoch that was last asked for. */
  get #wantedEpoch(): number {
    const { records } = this.#broker.read(internal.configs, 0, 0, Number.POSITIVE_INFINITY);
    const asked = records.findLast(({ key }) => String(key) === `messina-epoch-${TABLE}`);
    return asked ? (JSON.parse(String(asked.value)) as { epoch: number }).epoch : 1;
  }

  #verdict(outcome: 'equal' | 'gap'): Verdict {
    const { lanes, violations, catalog } = this.#ledger;
    const faults = [...violations, ...versionFaults(lanes, catalog.snapshots(TABLE))];
    if (outcome === 'equal') {
      for (const sink of this.#sinks) faults.push(...countFaults(lanes, this.#coordinator, sink));
      faults.push(...this.#differences());
    }
    return faults.length > 0 ? { outcome: 'wrong', faults } : { outcome, faults };
  }

  /** A broken property says more than where a history came to a stop. */
  #wrong(fault: string): Verdict {
    return { outcome: 'wrong', faults: [...this.#ledger.violations, fault] };
  }

  #differences(): string[] {
    const scanner = new ItemScanner(facts.keySchema);
    const current = this.#ledger.catalog.currentSnapshot(TABLE)?.facts.id ?? '';
    return this.#source.keys.flatMap((key) => {
      const json = Buffer.from(JSON.stringify({ id: { S: key } }));
      const name = scanner.scan(json, 0, json.length).key.toString('latin1');
      const is = this.#source.items.get(key) ?? null;
      const due = is !== null && this.#isFiltered && !belongs(is) ? null : is;
      const ghost = isOff('C1.mending') ? undefined : this.#exports.ghosts.get(current)?.get(key);
      const values = [this.#target.value(name), ...(this.#versioned ? [this.#versioned.value(name)] : [])];
      return values.flatMap((n, i) => {
        // Rule C1: a chain may hold an item that is no more, until it was mended.
        if (n === due || (is === null && ghost !== undefined && n === ghost)) return [];
        return [`${i === 0 ? 'target' : 'versioned target'}: ${key} is ${n}, not ${due}`];
      });
    });
  }

  #say(what: string): void {
    if (isTraced) process.stdout.write(`${new Date(this.time.nowMs).toISOString().slice(8, 23)} ${what}\n`);
  }
}
