import { createLogger, type Logger } from '../../connectors/log.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { type LaneState, readLane, writeLane } from '../../connectors/runtime/sink/lane-state.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import { fromChanges, fromSnapshot } from '../../migration/replay/replay-lane.ts';
import { beginPlace } from '../../migration/replay/replay-place.ts';
import type { Broker } from './broker.ts';
import type { Coordinator } from './coordinator.ts';
import type { Profile } from './profiles.ts';
import { silent } from './silent.ts';
import { TABLE } from './source-table.ts';
import { isTraced, Process, type VirtualTime } from './virtual-time.ts';
import { GROUP, names, PARTITIONS, type Surroundings, Worker } from './worker.ts';

export interface OperatorWorld {
  readonly time: VirtualTime;
  readonly profile: Profile;
  readonly broker: Broker;
  readonly coordinator: Coordinator;
  readonly around: Omit<Surroundings, 'log'>;
  readonly sinks: readonly string[];
  isVersioned(sink: string): boolean;
  /** Drops the target's table of a sink whose writes carry versions. */
  recreate(sink: string): void;
  /** The catalog as it is committed. */
  readonly catalog: Catalog;
  say(what: string): void;
  replayed(sink: string, partition: number, what: 'rows' | 'changes'): void;
}

type ReplayFrom = 'snapshot' | 'earliest' | 'time';

/** Who is to be out of the way gets so long before it is killed. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 300;
const MINUTE_MS = 60_000;

/** Whoever runs the migration's processes, and whatever befalls these. */
export class Operator {
  readonly workers: Worker[] = [];
  /** Each new snapshot and each replay begins another one: workers of before it are over. */
  era = 0;
  isRestarting = false;
  readonly #world: OperatorWorld;
  #tasks: number;
  #started = 0;

  constructor(world: OperatorWorld) {
    this.#world = world;
    this.#tasks = 1 + world.time.random.below(3);
  }

  get running(): Worker[] {
    return this.workers.filter((worker) => worker.isRunning);
  }

  /** Another process, unless all are to be stopped now. */
  start(isNewSnapshot = false): Worker | null {
    if (this.isRestarting) return null;
    const { time, broker, coordinator, profile, around } = this.#world;
    const process = new Process(`w${this.#started++}`, time.random.between(-600_000, 600_000));
    const { kafkaFaults, transactionMs } = profile;
    const site = { time, process, broker, coordinator, kafkaFaults, transactionMs };
    const log = isTraced ? tracing(process.name) : silent;
    const worker = new Worker(site, { ...around, log }, { tasks: this.#tasks, isNewSnapshot, era: this.era });
    this.workers.push(worker);
    return worker;
  }

  fault(): void {
    const { random } = this.#world.time;
    const { running } = this;
    if (running.length === 0 || this.isRestarting) return;
    const worker = random.pick(running);
    const kind = random.pick(this.#world.profile.kinds);
    this.#world.say(`${kind} ${worker.site.process.name}`);
    if (kind === 'kill') {
      worker.kill();
      this.#soon(6000);
    } else if (kind === 'zombie') {
      worker.pause(random.between(500, 25_000));
      if (random.chance(0.7)) this.start();
    } else if (kind === 'stop') {
      worker.stop();
      this.#soon(6000);
    } else {
      // A rolling restart with another number of tasks: the old ones are killed, stopped, or sleep.
      this.#tasks = 1 + random.below(3);
      if (random.chance(0.6)) worker.pause(random.between(5000, 25_000));
      else worker.kill();
      this.#soon(6000);
    }
  }

  /** `migrate --new-snapshot`, which is refused while the sources are run. */
  renew(): void {
    this.#world.say('a new snapshot is asked for');
    this.#restart([GROUP], () => {
      const { time } = this.#world;
      const { random } = time;
      if (random.chance(0.3)) this.#tasks = 1 + random.below(3);
      // Somebody else starts the migration between the look at the group and the wish for an epoch.
      if (random.chance(0.3)) {
        this.start();
        time.at(random.between(0, 1000), null, () => this.start(true));
        return;
      }
      this.start(true);
      if (random.chance(0.3)) this.#soon(3000);
      else if (random.chance(0.8)) {
        // Given tasks, and gone before it can do anything about them.
        const second = this.start();
        time.at(random.between(200, 400), null, () => second?.pause(random.between(3000, 20_000)));
      }
    });
  }

  /** `replay`, which is refused while a sink is run. */
  replay(): void {
    const { random, nowMs } = this.#world.time;
    const from = random.pick<ReplayFrom>(['snapshot', 'earliest', 'time']);
    const fromMs = nowMs - random.between(0, 120_000);
    this.#world.say(`replay from ${from}`);
    this.#restart([GROUP, ...this.#world.sinks.map(sinkGroup)], () => {
      for (const sink of this.#world.sinks) {
        this.#moveBack(sink, from, fromMs);
        if (from === 'snapshot' && this.#world.isVersioned(sink)) this.#world.recreate(sink);
      }
      this.start();
      if (random.chance(0.4)) this.#soon(3000);
    });
  }

  #soon(afterMsMax: number): void {
    const { time } = this.#world;
    time.at(time.random.between(0, afterMsMax), null, () => this.start());
  }

  /** Everybody is stopped, killed or sleeps; goes on when nobody counts as a member any more. */
  #restart(groups: readonly string[], then: () => void): void {
    if (this.isRestarting) return;
    const { time, coordinator } = this.#world;
    this.isRestarting = true;
    this.era++;
    const asleep: Worker[] = [];
    for (const worker of this.running) {
      const kind = time.random.pick(['kill', 'kill', 'stop', 'zombie', 'zombie']);
      if (kind === 'kill') worker.kill();
      else if (kind === 'stop') worker.stop();
      else asleep.push(worker);
    }
    const untilMs = time.nowMs + PATIENCE_MS;
    const look = () => {
      const isFree = groups.every((group) => coordinator.members(group) === 0);
      // Who sleeps wakes up when the next ones are there.
      for (const worker of asleep) worker.pause(isFree ? time.random.between(200, 5000) : 2 * LOOK_MS);
      if (isFree) {
        this.isRestarting = false;
        then();
        return;
      }
      if (time.nowMs > untilMs) for (const worker of this.workers) worker.kill();
      time.at(LOOK_MS, null, look);
    };
    look();
  }

  #moveBack(sink: string, from: ReplayFrom, fromMs: number): void {
    const { coordinator, replayed } = this.#world;
    const [snapshot, changes] = [names.snapshot(TABLE), names.changes(TABLE)];
    const group = sinkGroup(sink);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const committed = (topic: string) => coordinator.committed(group, topic, partition);
      const state = readLane(committed(snapshot), committed(changes));
      const moved = state && this.#moved(sink, state, partition, from, fromMs);
      if (!moved) continue;
      const lane = writeLane(moved);
      coordinator.reset(group, [
        { topic: snapshot, partition, ...lane.snapshot, offset: moved.snapshot.position },
        { topic: changes, partition, ...lane.changes, offset: moved.changes.position },
      ]);
      replayed(sink, partition, from === 'time' ? 'changes' : 'rows');
    }
  }

  /** As migration/replay/replay-moves.ts has it. */
  #moved(sink: string, state: LaneState, partition: number, from: ReplayFrom, fromMs: number) {
    const { catalog, broker } = this.#world;
    if (from !== 'time') return fromSnapshot(state, null, beginPlace(catalog, TABLE, partition, from));
    const ordersByVersion = this.#world.isVersioned(sink);
    if (!ordersByVersion && !state.snapshot.gateOpen) return null;
    const id = state.snapshot.snapshot;
    const snapshot = id === null ? null : catalog.snapshot(TABLE, id);
    const minuteMs = Math.floor(fromMs / MINUTE_MS) * MINUTE_MS;
    const offset = broker.offsetForTime(names.changes(TABLE), partition, minuteMs);
    return fromChanges(state, { offset, snapshot, partition, ordersByVersion });
  }
}

function tracing(name: string): Logger {
  const write = (line: string) => void process.stdout.write(`${name} ${line}`);
  return createLogger({ level: 'debug', format: 'pretty', destination: { write } });
}
