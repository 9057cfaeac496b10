import type { Counter } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Outcomes } from '../runtime/outcomes.ts';
import { Durations } from './durations.ts';
import { Instruments, type MetricSnapshot } from './instruments.ts';
import type {
  Flow,
  MeasuredBatch,
  MeasuredTask,
  RequestsView,
  RetryStage,
  ShardAge,
  SnapshotShare,
  TaskMetrics,
  TopicLag,
} from './metrics.ts';
import { OWN_METRICS } from './own-definitions.ts';
import { addGauges, Watched } from './task-gauges.ts';
import { SinkRates, SourceRates, type TaskErrors, TaskRates, taskErrors } from './task-rates.ts';

type Stage = 'read' | 'publish' | 'transaction' | 'write';

/** The metrics of one task, in a registry of its own: its series go with it when it ends here, and begins elsewhere. */
export class MeasuredTaskMetrics implements TaskMetrics {
  readonly #own: Instruments<typeof OWN_METRICS>;
  readonly #watched = new Watched();
  readonly #durations: Record<Stage, Durations> = {
    read: new Durations(),
    publish: new Durations(),
    transaction: new Durations(),
    write: new Durations(),
  };
  readonly #records: Counter;
  readonly #bytes: Counter;
  readonly #retries: Counter;
  readonly #deadLetters: Counter;
  readonly #rates: TaskRates;
  readonly #source: SourceRates | null;
  readonly #sink: SinkRates | null;
  readonly #errors: TaskErrors;
  readonly #tables = new Set<string>();
  readonly #clock: Clock;
  readonly #onEnd: (ended: MeasuredTaskMetrics) => void;

  constructor(of: MeasuredTask, clock: Clock, onEnd: (ended: MeasuredTaskMetrics) => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    const labels = { connector: of.connector, task: of.task };
    const own = new Instruments(OWN_METRICS, labels);
    this.#own = own;
    this.#records = own.counter('messina_records_total');
    this.#bytes = own.counter('messina_bytes_total');
    this.#retries = own.counter('messina_retries_total');
    this.#deadLetters = own.counter('messina_dead_letters_total');
    own.durations('messina_batch_duration_seconds', () => this.#batchDurations(of.type));
    own.durations('messina_request_duration_seconds', () => this.#requestDurations());
    addGauges(own, this.#watched, () => this.#tables);
    const monotonic = () => clock.monotonic();
    this.#errors = taskErrors();
    this.#rates = new TaskRates(labels, monotonic, this.#errors);
    this.#source = of.type === 'source' ? new SourceRates(labels, monotonic) : null;
    this.#sink = of.type === 'sink' ? new SinkRates(labels, monotonic, () => this.#watched.lags()) : null;
  }

  polled(flow: Flow, batch: MeasuredBatch): void {
    this.#count(flow, 'read', 'read', batch.records);
    this.#countBytes(flow, 'read', batch.bytes);
    this.#durations.read.observe(batch.tookMs);
    this.#rates.batchSize.add(batch.records);
    this.#source?.polled(batch);
  }

  published(flow: Flow, batch: MeasuredBatch): void {
    this.#count(flow, 'publish', 'published', batch.records);
    this.#countBytes(flow, 'publish', batch.bytes);
    this.#durations.publish.observe(batch.tookMs);
    this.#source?.published(batch);
  }

  transaction(batch: MeasuredBatch): void {
    this.#durations.transaction.observe(batch.tookMs);
    this.#rates.commitMs.add(batch.tookMs);
    this.#source?.transaction(batch);
  }

  fetched(flow: Flow, batch: Omit<MeasuredBatch, 'tookMs'>): void {
    this.#count(flow, 'fetch', 'fetched', batch.records);
    this.#countBytes(flow, 'fetch', batch.bytes);
    this.#sink?.fetched(batch.records);
  }

  written(flow: Flow, outcomes: Outcomes, batch: MeasuredBatch): void {
    this.#count(flow, 'write', 'written', outcomes.written);
    this.#count(flow, 'write', 'superseded', outcomes.superseded);
    this.#count(flow, 'write', 'filtered', outcomes.filtered);
    this.#count(flow, 'write', 'dead_lettered', outcomes.deadLettered);
    this.#countBytes(flow, 'write', batch.bytes);
    this.#durations.write.observe(batch.tookMs);
    this.#rates.batchSize.add(batch.records);
    this.#sink?.written(batch);
  }

  setAside({ table, kind }: Flow, reasons: readonly string[]): void {
    if (reasons.length === 0) return;
    for (const reason of reasons) this.#deadLetters.inc({ table, kind, reason });
    if (this.#source !== null) this.#count({ table, kind }, 'publish', 'dead_lettered', reasons.length);
    this.#errors.failures += reasons.length;
    this.#errors.setAside += reasons.length;
    this.#errors.lastMs = this.#clock.now();
  }

  committed(tookMs: number, done: boolean): void {
    this.#rates.commitMs.add(tookMs);
    if (done) this.#sink?.committed();
  }

  retried(stage: RetryStage, cause: string): void {
    this.#retries.inc({ stage, cause });
    this.#errors.retries += 1;
  }

  halted(code: string, badRecord: boolean): void {
    if (badRecord) this.#errors.failures += 1;
    if (code === 'DEAD_LETTER_FAILED') this.#errors.letterFailures += 1;
    this.#errors.lastMs = this.#clock.now();
  }

  watchHalts(ask: () => ReadonlyMap<string, string>): void {
    this.#watched.halts = ask;
  }

  watchQueue(ask: () => number): void {
    this.#watched.queuedBytes = ask;
  }

  watchRequests(view: RequestsView): void {
    this.#watched.requests = view;
  }

  watchLags(ask: () => readonly TopicLag[]): void {
    this.#watched.lags = ask;
  }

  watchShard(table: string, shard: string, ask: (() => ShardAge) | null): void {
    this.#tables.add(table);
    this.#watched.setShard(table, shard, ask);
  }

  watchSnapshot(table: string, ask: () => SnapshotShare): void {
    this.#watched.snapshots.set(table, ask);
  }

  [Symbol.dispose](): void {
    this.#onEnd(this);
  }

  async snapshot(): Promise<MetricSnapshot[]> {
    const parts = await Promise.all([
      this.#own.snapshot(),
      this.#rates.snapshot(),
      this.#source?.snapshot() ?? [],
      this.#sink?.snapshot() ?? [],
    ]);
    return parts.flat();
  }

  #count({ table, kind }: Flow, stage: string, outcome: string, records: number): void {
    if (records > 0) this.#records.inc({ table, kind, stage, outcome }, records);
  }

  #countBytes({ table, kind }: Flow, stage: string, bytes: number): void {
    this.#bytes.inc({ table, kind, stage }, bytes);
  }

  #batchDurations(type: MeasuredTask['type']) {
    const stages: Stage[] = type === 'source' ? ['read', 'publish', 'transaction'] : ['write'];
    return stages.map((stage) => [{ stage }, this.#durations[stage]] as const);
  }

  #requestDurations() {
    const { requests } = this.#watched;
    if (requests === null) return [];
    const { answered, overloaded } = requests.durations;
    return [[{ outcome: 'answered' }, answered] as const, [{ outcome: 'overloaded' }, overloaded] as const];
  }
}
