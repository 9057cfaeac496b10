import type { FlatConfig } from '../../connectors/config/flat/flat-config.ts';
import type { GroupHerder } from '../../connectors/worker/group-herder.ts';
import { RequestError, type TargetState } from '../../connectors/worker/herder.ts';
import type { Broker } from './broker.ts';
import type { Coordinator } from './coordinator.ts';
import type { GroupLedger } from './group-ledger.ts';
import { CLASSES } from './group-site.ts';
import { GroupWorker } from './group-worker.ts';
import { Process, type VirtualTime } from './virtual-time.ts';

export interface GroupOperatorWorld {
  readonly time: VirtualTime;
  readonly broker: Broker;
  readonly coordinator: Coordinator;
  readonly ledger: GroupLedger;
  /** Not all of its workers have the same classes. */
  readonly isMixed: boolean;
  say(what: string): void;
}

const NAMES = ['a', 'b', 'cc'];
const WORKERS_MAX = 4;
const ALIKE = ['ModelSource', 'ModelSource', 'ModelSink'];
const MIXED = [...ALIKE, 'OtherSource', 'OtherSink'];

/** Whoever runs a group's workers and asks things of them, and whatever befalls these. */
export class GroupOperator {
  readonly workers: GroupWorker[] = [];
  readonly #world: GroupOperatorWorld;
  /** Somebody died or slept, or was stopped in the middle of a request. */
  hasLost = false;
  #configs = 0;
  /** When somebody last asked for a deletion. */
  #deletedMs = 0;

  readonly #asked = new Map<GroupWorker, number>();

  constructor(world: GroupOperatorWorld) {
    this.#world = world;
  }

  get running(): GroupWorker[] {
    return this.workers.filter((worker) => worker.isRunning);
  }

  /** What was asked of workers that may still answer. */
  get asking(): number {
    return this.running.reduce((sum, worker) => sum + (this.#asked.get(worker) ?? 0), 0);
  }

  /** Another worker; in some groups with some of the classes only, and not always the same. */
  join(): GroupWorker {
    const { time, broker, coordinator, ledger } = this.#world;
    const process = new Process(`w${this.workers.length}`, time.random.between(-600_000, 600_000));
    const site = { time, process, broker, coordinator, kafkaFaults: 0.01, transactionMs: 200 };
    const { isMixed } = this.#world;
    const some = Object.keys(CLASSES).filter(() => !isMixed || time.random.chance(0.6));
    const classes = some.length === 0 ? Object.keys(CLASSES) : some;
    this.#world.say(`${process.name} joins, with ${classes.join()}`);
    const worker = new GroupWorker(site, ledger, classes);
    this.workers.push(worker);
    return worker;
  }

  fault(): void {
    const { random } = this.#world.time;
    const { running } = this;
    const kind = random.pick(['kill', 'zombie', 'zombie', 'stop', 'join']);
    if (kind === 'join' || running.length <= 1) {
      if (running.length < WORKERS_MAX) this.join();
      return;
    }
    const worker = random.pick(running);
    this.#world.say(`${kind} ${worker.name}`);
    if (kind !== 'stop') this.hasLost = true;
    if (kind === 'kill') worker.kill();
    else if (kind === 'stop') worker.stop();
    else worker.pause(random.between(500, 25_000));
  }

  /** Something is asked of a worker, or of two at once. */
  request(): void {
    const { random, nowMs } = this.#world.time;
    const ready = this.running.filter(({ herder }) => herder.health() === 'healthy');
    if (ready.length === 0) return;
    const request = this.#request();
    const times = random.chance(0.3) ? 2 : 1;
    if (request.what.startsWith('delete')) this.#deletedMs = nowMs;
    const answers: unknown[] = [];
    for (let i = 0; i < times; i++) {
      const worker = random.pick(ready);
      this.#world.say(`${request.what} at ${worker.name}`);
      this.#asked.set(worker, (this.#asked.get(worker) ?? 0) + 1);
      worker.ask(request.send, (error) => {
        this.#asked.set(worker, (this.#asked.get(worker) ?? 0) - 1);
        if (error === null) answers.push(null);
        const isTwice = request.what.startsWith('create') && answers.length > 1;
        if (isTwice && this.#deletedMs < nowMs - 30_000)
          this.#world.ledger.violations.push(`${request.what} was answered twice with success`);
        // A deletion that was broken off: its connector is gone, what was said of it is not.
        if (error !== null && !(error instanceof RequestError)) this.hasLost = true;
        if (error !== null) this.#world.say(`${request.what}: ${String(error)}`);
      });
    }
  }

  /** Connectors that are there from the beginning. */
  create(name: string): void {
    const config = this.#config();
    this.running[0]?.ask(
      (herder) => herder.create(name, config, 'RUNNING'),
      () => {},
    );
  }

  #request(): { what: string; send: (herder: GroupHerder) => Promise<unknown> } {
    const { random } = this.#world.time;
    const name = random.pick(NAMES);
    const kind = random.pick([
      'create',
      'config',
      'config',
      'state',
      'state',
      'state',
      'restart',
      'task',
      'delete',
    ]);
    const what = `${kind} ${name}`;
    if (kind === 'create') {
      const config = this.#config();
      return {
        what,
        send: (herder) => herder.create(name, config, random.pick(['RUNNING', 'PAUSED', 'STOPPED'])),
      };
    }
    if (kind === 'config') {
      const patch = { 'tasks.max': String(1 + random.below(4)), number: String(this.#configs++) };
      return { what, send: (herder) => herder.patchConfig(name, patch) };
    }
    if (kind === 'state') {
      const state = random.pick<TargetState>(['STARTED', 'STARTED', 'PAUSED', 'STOPPED']);
      return { what: `${what} ${state}`, send: (herder) => herder.setTargetState(name, state) };
    }
    if (kind === 'restart') {
      const request = { includeTasks: random.chance(0.7), onlyFailed: random.chance(0.3) };
      return { what, send: (herder) => herder.restart(name, request) };
    }
    if (kind === 'task') return { what, send: (herder) => herder.restartTask(name, random.below(3)) };
    return { what, send: (herder) => herder.delete(name) };
  }

  #config(): FlatConfig {
    const { random } = this.#world.time;
    return {
      'connector.class': random.pick(this.#world.isMixed ? MIXED : ALIKE),
      'tasks.max': String(1 + random.below(4)),
      'start.ms': String(random.below(800)),
      number: String(this.#configs++),
    };
  }
}
