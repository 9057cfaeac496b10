import { Broker } from './broker.ts';
import { Coordinator } from './coordinator.ts';
import { orphans, unsettled } from './group-checks.ts';
import { GroupLedger } from './group-ledger.ts';
import { GroupOperator } from './group-operator.ts';
import { DATA_TOPIC, LANES, LANES_TOPIC, topics } from './group-site.ts';
import { setBroker } from './naive.ts';
import { isTraced, VirtualTime } from './virtual-time.ts';

const FAULTS_MS = 40_000;
/** A frozen worker's session, and a rebalance that waits for it, take less. */
const CALM_MAX_MS = 120_000;
const LOOK_MS = 2000;
const MIXED_SLOTS = 5;
/** Of the workers' group, with what a rebalance takes. */
const SESSION_MS = 12_000;

/** One random history of a worker group, from its seed. */
export class GroupHistory {
  readonly time: VirtualTime;
  readonly #seed: number;
  readonly #broker: Broker;
  readonly #coordinator: Coordinator;
  readonly #ledger = new GroupLedger();
  readonly #operator: GroupOperator;

  constructor(seed: number) {
    this.#seed = seed;
    this.time = new VirtualTime(seed);
    this.#broker = new Broker(this.time);
    setBroker(this.#broker);
    this.#broker.onCommit = (transaction) => this.#ledger.committed(transaction);
    for (const { topic, partitions } of Object.values(topics)) this.#broker.create(topic, partitions);
    // So few that connectors of different classes come to stand in one.
    if (this.#isMixed) this.#broker.create(topics.slots.topic, MIXED_SLOTS);
    this.#broker.create(DATA_TOPIC, 1);
    this.#broker.create(LANES_TOPIC, LANES);
    this.#coordinator = new Coordinator(this.time, (topic) => this.#broker.partitions(topic));
    this.#operator = new GroupOperator({
      time: this.time,
      broker: this.#broker,
      coordinator: this.#coordinator,
      ledger: this.#ledger,
      isMixed: this.#isMixed,
      say: (what) => this.#say(what),
    });
  }

  get #isMixed(): boolean {
    return this.#seed % 3 === 1;
  }

  get done(): { readonly published: number; readonly writes: number; readonly rebalances: number } {
    const { published, writes } = this.#ledger;
    return { published, writes, rebalances: this.#coordinator.rebalances };
  }

  /** @returns what went wrong. */
  async run(): Promise<readonly string[]> {
    using _globals = this.time.install();
    try {
      await this.#disturbed();
      const operator = this.#operator;
      for (const change of [() => {}, () => operator.join(), () => this.#loseOne()]) {
        if (this.#ledger.violations.length > 0) break;
        await this.#undisturbed(change);
      }
      return this.#ledger.violations;
    } finally {
      this.time.end();
    }
  }

  async #disturbed(): Promise<void> {
    const { time } = this;
    const { random } = time;
    const operator = this.#operator;
    for (let i = 0; i < 1 + random.below(3); i++) operator.join();
    const during = (fromMs: number, count: number, happen: () => void) => {
      for (let i = 0; i < count; i++) time.at(random.between(fromMs, FAULTS_MS), null, happen);
    };
    time.at(1500, null, () => operator.create('a'));
    time.at(1600, null, () => operator.create('b'));
    during(3000, random.below(8), () => operator.fault());
    during(2000, random.below(12), () => operator.request());
    if (this.#seed % 3 === 0) during(2000, 1, () => this.#enlarge());
    await this.#pass(FAULTS_MS);
    // Who sleeps wakes up first, and hears what it has lost.
    const asleep = operator.workers.filter(({ site }) => site.process.alive);
    const untilMs = Math.max(time.nowMs, ...asleep.map(({ site }) => site.process.pausedUntilMs));
    // Who died is a member until its session has run out.
    await this.#pass(untilMs - time.nowMs + SESSION_MS);
    if (operator.running.length === 0) operator.join();
  }

  /** Somebody gives the slots topic more partitions. */
  #enlarge(): void {
    const { topic, partitions } = topics.slots;
    this.#say(`${topic} grows`);
    this.#broker.enlarge(topic, 2 * partitions);
  }

  #loseOne(): void {
    const worker = this.time.random.pick(this.#operator.running);
    this.#say(`lose ${worker.name}`);
    if (this.time.random.chance(0.5)) worker.kill();
    else worker.stop();
  }

  /** Becomes calm after a change of the members; who stays keeps what the change does not take. */
  async #undisturbed(change: () => void): Promise<void> {
    const ledger = this.#ledger;
    const before = new Set(this.#operator.running);
    const kept = new Map([...ledger.runs].map((run) => [run.key, run]));
    change();
    const isChanged = this.#operator.running.some((worker) => !before.has(worker));
    const isFewer = this.#operator.running.length < before.size;
    const faults = await this.#calm();
    if (faults.length > 0) {
      ledger.violations.push(`not calm: ${faults.slice(0, 3).join('; ')}`);
      return;
    }
    // Where not all can do the same, what one gets may be another's turn to give up.
    if ((!isChanged && !isFewer) || this.#isMixed) return;
    for (const run of ledger.runs) {
      const old = kept.get(run.key);
      const isLive = (of: typeof run) =>
        this.#operator.running.some(({ site }) => site.process === of.process);
      if (!isLive(run) || old === undefined || old === run || !isLive(old)) continue;
      const isNewcomer = ![...before].some(({ site }) => site.process === run.process);
      if (!isNewcomer)
        ledger.violations.push(`${run.key} went from ${old.process.name} to ${run.process.name}`);
    }
  }

  async #calm(): Promise<string[]> {
    let faults: string[] = [];
    // Twice in a row: what is on its way still shows.
    for (let [ms, calm] = [0, 0]; ms < CALM_MAX_MS; ms += LOOK_MS) {
      await this.#pass(LOOK_MS);
      if (this.#ledger.violations.length > 0) return [];
      const { running, hasLost } = this.#operator;
      faults = unsettled(running, this.#ledger, this.#broker);
      // What was asked for long ago may still come.
      if (this.#operator.asking > 0) faults.push('requests are under way');
      // Who died, or slept, may have been about to take its word back.
      if (!hasLost) faults.push(...orphans(running, this.#broker));
      calm = faults.length === 0 ? calm + 1 : 0;
      if (calm === 3) return [];
    }
    return faults.length === 0 ? ['it comes and goes'] : faults;
  }

  async #pass(ms: number): Promise<void> {
    await this.time.runTo(this.time.nowMs + ms);
  }

  #say(what: string): void {
    if (isTraced) process.stdout.write(`${Math.round(this.time.nowMs % 10_000_000)} ${what}\n`);
  }
}
