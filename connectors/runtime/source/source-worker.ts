import { asConnectError, type ConnectError } from '../../errors.ts';
import type { Unit } from '../../kafka/assignor.ts';
import { GroupMember } from '../../kafka/group.ts';
import { slotOf } from '../ownership.ts';
import { type OwnedSlots, ownedSlots, slotUnits } from '../slot-units.ts';
import type { Generation } from './generation.ts';
import { SourceTask, type SourceTaskOptions } from './source-task.ts';
import type { SourceDefinition, SourceWorld } from './source-world.ts';

interface Running {
  readonly task: SourceTask;
  readonly ended: Promise<void>;
}

/**
 * Runs the source tasks that the worker group assigns to this process.
 *
 * Tasks stand in slots (partitions of a small topic), slots are spread over the group's members. A task that stays
 * runs on through a rebalance: should another worker start it as well, fencing makes the overlap harmless (rule C3).
 */
export class SourceWorker {
  readonly #world: SourceWorld;
  readonly #definitions: readonly SourceDefinition[];
  readonly #options: Omit<SourceTaskOptions, 'definition' | 'task'>;
  readonly #running = new Map<string, Running>();
  readonly #member: GroupMember;
  #slots: OwnedSlots;
  #unsubscribe: () => void = () => {};
  #stopping = false;
  /** Why this worker is out of its group for good. */
  #failure: ConnectError | null = null;

  constructor(
    world: SourceWorld,
    definitions: readonly SourceDefinition[],
    options: Omit<SourceTaskOptions, 'definition' | 'task'>,
    slots: { readonly topic: string; readonly partitions: number },
  ) {
    this.#world = world;
    this.#definitions = definitions;
    this.#options = options;
    this.#slots = { owned: new Set(), count: slots.partitions };
    this.#member = new GroupMember(world.kafka, {
      groupId: options.group,
      topics: [slots.topic],
      unitsOf: (counts) => this.#dealt(counts),
      onAssigned: (units) => this.#assign(units),
      onRevoke: async () => {},
      onLost: () => this.#assign([]),
      onFailed: (error) => this.#failed(error),
    });
  }

  get #generation(): Generation {
    return this.#options.generation;
  }

  async start(): Promise<void> {
    for (const { name, tasks } of this.#definitions) await this.#generation.setTasks(name, tasks);
    this.#unsubscribe = this.#generation.subscribe(() => this.#reconcile());
    await this.#member.start();
  }

  /** Ends all tasks, at the latest after `deadlineMs` without waiting for them any longer, and leaves the group. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe();
    const ends = [...this.#running.values()].map(({ task, ended }) => {
      task.stop();
      return ended;
    });
    const deadline = new AbortController();
    await Promise.race([
      Promise.allSettled(ends),
      this.#world.clock.sleep(deadlineMs, deadline.signal).catch(() => {}),
    ]);
    deadline.abort();
    await this.#member.stop();
  }

  /** Tables that halted in tasks of this process. */
  get halts(): Map<string, ConnectError> {
    const all = new Map<string, ConnectError>();
    for (const { task } of this.#running.values())
      for (const [table, error] of task.halts) all.set(table, error);
    if (this.#failure !== null)
      for (const { tables } of this.#definitions) for (const table of tables) all.set(table, this.#failure);
    return all;
  }

  /** The tasks are others' now: those of this process would only fence theirs again and again. */
  #failed(error: Error): void {
    if (this.#stopping) return;
    this.#failure = asConnectError(error);
    this.#world.log.error({ code: this.#failure.code }, `out of the group of workers: ${error.message}`);
    this.#assign([]);
  }

  /** Slots that hold tasks are spread evenly among themselves. */
  #dealt(counts: ReadonlyMap<string, number>): Unit[] {
    const [count = 0] = counts.values();
    const busy = new Set<number>();
    for (const { name, tasks } of this.#standing())
      for (let task = 0; task < tasks; task++) busy.add(slotOf(name, task, count));
    return slotUnits(counts, (slot) => [{ kind: busy.has(slot) ? 'busy' : 'idle' }]);
  }

  /** The connectors with as many tasks as they have now. */
  #standing(): SourceDefinition[] {
    return this.#definitions.map((configured) => ({
      ...configured,
      tasks: this.#generation.tasks(configured.name) ?? configured.tasks,
    }));
  }

  #assign(units: readonly Unit[]): void {
    this.#slots = ownedSlots(units, this.#slots.count);
    this.#reconcile();
  }

  /** Stops what is not ours any more, starts what is. Another number of tasks, or an epoch to begin, is another set of tasks. */
  #reconcile(): void {
    if (this.#stopping) return;
    const { owned, count } = this.#slots;
    const wanted = new Map<string, () => SourceTask>();
    for (const definition of this.#standing()) {
      const { tasks } = definition;
      const epochs = definition.tables.map((table) => this.#generation.epoch(table)).join();
      for (let task = 0; task < tasks; task++) {
        if (!owned.has(slotOf(definition.name, task, count))) continue;
        const key = `${definition.name}-${task}/${tasks}/${epochs}`;
        wanted.set(key, () => new SourceTask(this.#world, { ...this.#options, definition, task }));
      }
    }
    for (const [key, { task }] of this.#running) {
      if (wanted.has(key)) continue;
      task.stop();
      this.#running.delete(key);
    }
    for (const [key, create] of wanted) {
      if (this.#running.has(key)) continue;
      const task = create();
      this.#running.set(key, { task, ended: task.run() });
    }
  }
}
