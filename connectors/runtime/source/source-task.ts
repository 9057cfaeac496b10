import { setMaxListeners } from 'node:events';
import { asConnectError, ConnectError } from '../../errors.ts';
import { TransactionalProducer } from '../../kafka/producer.ts';
import { noMetrics, type TaskMetrics } from '../../metrics/metrics.ts';
import { backoffMs } from '../backoff.ts';
import { type HaltListener, Reporter } from '../reporter.ts';
import { type StatusWriter, statusKeys } from '../status-log.ts';
import { Turns } from '../turns.ts';
import { ChangesTable } from './changes-table.ts';
import type { Generation } from './generation.ts';
import { Publisher } from './publisher.ts';
import { SnapshotTable } from './snapshot-table.ts';
import { SourceLetters } from './source-letters.ts';
import type { SourceDefinition, SourceWorld } from './source-world.ts';
import type { TaskRun } from './task-run.ts';

/** Partitions of a task that are polled at once while they have records to give; each may give about 1 MiB. */
const POLLS_MAX = 16;
/** Data files of a task that are open at once, whatever the number of tables; each may hold some 2 MiB. */
const FILES_MAX = 16;

export interface SourceTaskOptions {
  readonly definition: SourceDefinition;
  readonly task: number;
  readonly group: string;
  readonly workerId: string;
  readonly generation: Generation;
  readonly status: StatusWriter;
  readonly offsetsTopic: { readonly name: string; readonly partitions: number };
}

/**
 * One task of a source connector: its share of every table's partitions, through one transactional producer.
 *
 * Begins anew by itself when it was fenced or lost the broker; a table that halts stops alone.
 */
export class SourceTask {
  readonly #world: SourceWorld;
  readonly #options: SourceTaskOptions;
  readonly #reporter: Reporter;
  readonly #metrics: TaskMetrics;
  readonly #stop = new AbortController();

  constructor(world: SourceWorld, options: SourceTaskOptions) {
    const { status, task } = options;
    const { name, tables } = options.definition;
    this.#world = { ...world, log: world.log.child({ connector: name, task }) };
    this.#options = options;
    this.#metrics = (world.metrics ?? noMetrics).task({ connector: name, task, type: 'source' });
    const measured = { metrics: this.#metrics, stage: 'read' } as const;
    this.#reporter = new Reporter(name, task, tables, { ...this.#world, status }, measured);
  }

  /** Tables that halted, with why. */
  get halts(): Map<string, ConnectError> {
    return this.#reporter.halts;
  }

  /**
   * Hears once of each table that halts from now on, at the moment it does; the task itself runs on with the others, and
   * with none. @returns how to hear no more.
   */
  onHalt(listener: HaltListener): () => void {
    return this.#reporter.onHalt(listener);
  }

  /** Ends {@link run}: what is being published is settled first. */
  stop(): void {
    this.#stop.abort(new Error('stopping'));
  }

  /**
   * Runs until {@link stop}, also when nothing is left to do or every table has halted: its reports go on. Never rejects: what
   * fails is reported and, where that helps, tried again.
   */
  async run(): Promise<void> {
    using _metrics = this.#metrics;
    const signal = this.#stop.signal;
    const reporting = this.#reporter.run(signal);
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#state('RUNNING');
        await this.#once();
        break;
      } catch (thrown) {
        if (signal.aborted) break;
        const error = asConnectError(thrown);
        if (error.remedy !== 'retry') {
          this.#halt(error);
          break;
        }
        this.#world.log.warn({ code: error.code }, `task begins anew: ${error.message}`);
        // Who was fenced has a successor that reports; the others' tables stand still, and that must be seen.
        if (error.code !== 'KAFKA_FENCED') this.#fault(error);
        await this.#world.clock.sleep(backoffMs(attempt), signal).catch(() => {});
      }
    }
    await reporting;
    // A zombie wakes up when another has long taken its task.
    await this.#state('UNASSIGNED').catch(() => {});
  }

  /** No new beginning helps: all tables of this task stop, until the process is started again. */
  #halt(error: ConnectError): void {
    const { tables } = this.#options.definition;
    for (const table of tables) if (!this.halts.has(table)) this.#reporter.halted(table, error);
    this.#world.log.error({ code: error.code, ...error.detail }, error.message);
  }

  /** @param error null: the task runs again. */
  #fault(error: ConnectError | null): void {
    for (const table of this.#options.definition.tables) {
      if (!this.halts.has(table)) this.#reporter.fault(table, error);
    }
  }

  async #state(state: string): Promise<void> {
    const { status, definition, task, workerId } = this.#options;
    const value = { state, trace: null, worker_id: workerId, generation: 0 };
    const key = statusKeys.task(definition.name, task);
    await (state === 'UNASSIGNED' ? status.writeUnlessTaken(key, value) : status.write(key, value));
  }

  async #once(): Promise<void> {
    const { definition, task, group, generation, offsetsTopic } = this.#options;
    const broken = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, broken.signal]);
    // Rule C3: the whole previous generation is fenced before any position is read.
    await generation.fenced(definition.name, definition.tasks, task, signal);
    // Its next write would tell too, but a task with nothing to write would hold up those that wait for the fencing.
    const deaf = generation.onFenced(definition.name, definition.tasks, (error) => broken.abort(error));
    const producer = new TransactionalProducer(this.#world.kafka, `${group}-${definition.name}-${task}`);
    try {
      await producer.init();
      await generation.standing(definition.name, definition.tasks);
      await this.#world.catalog.readPastOpen();
      await this.#world.offsets(definition.name).readPastOpen();
      this.#world.log.debug('task runs');
      this.#fault(null);
      const { log, clock } = this.#world;
      const context = { log, clock, signal, metrics: this.#metrics };
      const publisher = new Publisher(
        producer,
        {
          offsets: offsetsTopic.name,
          offsetsPartitions: offsetsTopic.partitions,
          catalog: this.#world.topics.catalog,
        },
        context,
        (error) => broken.abort(error),
      );
      const run: TaskRun = {
        ...this.#world,
        group,
        definition,
        task,
        epoch: (table) => generation.epoch(table),
        fenceOthers: once(() => generation.fenceOthers(definition.name, definition.tasks, task)),
        publisher,
        letters: new SourceLetters(definition, task, this.#world),
        turns: new Turns(POLLS_MAX),
        files: new Turns(FILES_MAX),
        sweeps: new Turns(1),
        context,
        report: this.#reporter,
      };
      await Promise.all(definition.tables.map((table) => this.#table(run, table)));
      await publisher.idle();
      if (broken.signal.aborted) throw broken.signal.reason;
    } finally {
      deaf();
      broken.abort(new Error('task ends'));
      await producer.close();
    }
  }

  /** A table that halts stops alone; the task's own end ends it too. */
  async #table(run: TaskRun, table: string): Promise<void> {
    const halted = new AbortController();
    const signal = AbortSignal.any([run.context.signal, halted.signal]);
    // Every wait of every reader listens to it.
    setMaxListeners(0, signal);
    const mine: TaskRun = {
      ...run,
      context: { ...run.context, signal, log: run.context.log.child({ table }) },
    };
    try {
      const { run: bound } = run.definition;
      if (bound.kind === 'changes') await new ChangesTable(mine, bound.plugin, bound.options, table).run();
      else await new SnapshotTable(mine, bound.plugin, bound.options, table).run();
    } catch (thrown) {
      if (run.context.signal.aborted) return;
      const error = asConnectError(thrown);
      this.#reporter.halted(table, error);
      mine.context.log.error({ code: error.code, ...error.detail }, error.message);
      if (!(thrown instanceof ConnectError)) mine.context.log.debug({ err: thrown }, 'stack');
    } finally {
      halted.abort(new Error(`table ${table} ends`));
    }
  }
}

/** The step, done once by all who ask for it; when it has failed, it is done again. */
function once(step: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= step().catch((error: unknown) => {
      done = null;
      throw error;
    });
    return done;
  };
}
