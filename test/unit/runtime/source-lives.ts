import type { Epoch, TableFacts } from '../../../connectors/catalog-records.ts';
import { systemClock } from '../../../connectors/clock.ts';
import type {
  ChangesSource,
  Position,
  SnapshotSource,
  SourcePartition,
} from '../../../connectors/connector.ts';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import { createLogger } from '../../../connectors/log.ts';
import { Catalog, type KeyedEntry } from '../../../connectors/runtime/catalog.ts';
import { NO_COUNTS, OffsetStore, type PartitionName } from '../../../connectors/runtime/offset-store.ts';
import type { Publication } from '../../../connectors/runtime/source/publisher.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';
import { Turns } from '../../../connectors/runtime/turns.ts';
import { tableFacts } from '../../sink-records.ts';

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });

/** A compacted topic. */
export class MemoryLog {
  readonly #values = new Map<string, string>();
  readonly #listeners = new Set<(key: string, value: string | null) => void>();
  #unread: KeyedEntry[] = [];
  #lag: 'none' | 'deletions' | 'all' = 'none';

  /** What is deleted (or: written at all) from now on is not known here before {@link readPastOpen}. */
  lag(what: 'deletions' | 'all' = 'deletions'): void {
    this.#lag = what;
  }

  entries() {
    return this.#values.entries();
  }

  get(key: string) {
    return this.#values.get(key) ?? null;
  }

  subscribe(listener: (key: string, value: string | null) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  write(entry: KeyedEntry) {
    if (this.#lag === 'all' || (this.#lag === 'deletions' && entry.value === null)) this.#unread.push(entry);
    else this.#apply(entry);
  }

  async readToEnd() {}

  async readPastOpen() {
    const unread = this.#unread;
    this.#unread = [];
    for (const entry of unread) this.#apply(entry);
  }

  #apply({ key, value }: KeyedEntry) {
    if (value === null) this.#values.delete(key);
    else this.#values.set(key, value);
    for (const listener of this.#listeners) listener(key, value);
  }
}

export const facts: TableFacts = tableFacts('T', undefined, { tableId: 'one' });

export const epochOf = (more: Partial<Epoch> = {}): Epoch => ({
  number: 1,
  version0: 0,
  streamArn: 'arn',
  createdMs: 1000,
  begunMs: 2000,
  firstOffsets: [0],
  roots: ['a'],
  streamEnabled: false,
  ...more,
});

export const SERVER_TIME_MS = 1_000_000_000;

/** The offsets topic of a group, which outlives its connectors, and topics of one prefix. */
export class Life {
  readonly positions: MemoryLog;
  readonly catalogLog = new MemoryLog();
  readonly catalog = new Catalog(this.catalogLog as unknown as KeyedLog);
  /** What was opened, with the position that it was opened from. */
  readonly opened: [string, Position | null][] = [];
  readonly steps: string[] = [];
  readonly stopping = new AbortController();

  readonly prefix: string;

  constructor(positions = new MemoryLog(), prefix = 'one') {
    this.positions = positions;
    this.prefix = prefix;
  }

  store(connector: string): OffsetStore {
    return new OffsetStore(this.positions as unknown as KeyedLog, connector);
  }

  /** A position of some life before this one, or of this one. */
  stored(
    connector: string,
    name: Omit<PartitionName, 'table'>,
    more: { version?: number; done?: boolean; coverageMs?: number } = {},
  ) {
    const counts = { ...NO_COUNTS, rows: [7], u: 7 };
    const { version = 1, done = true, coverageMs = 1 } = more;
    const stored = { position: { at: 900 }, done, coverageMs, counts, version };
    this.positions.write(this.store(connector).entry({ table: 'T', ...name }, stored));
  }

  task(connector: string, more: object = {}): TaskRun {
    const stores = new Map<string, OffsetStore>();
    return {
      group: 'g',
      task: 0,
      partitions: 1,
      epoch: () => 1,
      definition: {
        name: connector,
        tables: ['T'],
        tasks: 1,
        captureConnector: null,
        tolerance: 'none',
        run: {},
      },
      catalog: this.catalog,
      offsets: (name: string) => {
        const store = stores.get(name) ?? this.store(name);
        stores.set(name, store);
        return store;
      },
      log,
      kafka: {},
      clock: systemClock,
      context: { clock: systemClock, log, signal: this.stopping.signal },
      topics: { catalog: this.prefix, snapshot: () => 'rows', changes: () => 'changes' },
      fenceOthers: async () => void this.steps.push('fence'),
      report: { phase() {}, fault() {}, readTo() {} },
      turns: new Turns(4),
      files: new Turns(4),
      sweeps: new Turns(1),
      publisher: { room: async () => {}, publish: async (one: Publication) => this.#publish(one) },
      ...more,
    } as unknown as TaskRun;
  }

  #publish({ batches, offsets, catalog, catalogOf }: Publication): number[] {
    const bases = batches.map(() => 0);
    for (const entry of offsets) this.positions.write(entry);
    const entries = [...catalog, ...(catalogOf?.(bases) ?? [])];
    for (const entry of entries) this.catalogLog.write(entry);
    this.steps.push(`publish ${entries.map(({ key }) => key).join(' ')}`.trim());
    return bases;
  }

  /** Two files, whichever they hold. */
  snapshots(exportMs = SERVER_TIME_MS): SnapshotSource<unknown> {
    const file = (id: string): SourcePartition => ({ id, after: [], expectedRecords: null });
    return {
      describe: async () => facts,
      slackMs: () => 0,
      serverTimeMs: async () => SERVER_TIME_MS,
      take: async () => [{ id: 'x', exportMs, arn: null, partitions: 2, rows: null, facts: {} }],
      async *discover() {
        yield file('a.json.gz');
        yield file('b.json.gz');
      },
      open: (_options: unknown, partition: SourcePartition, from: { position: Position | null }) =>
        this.#reader(partition, from, true),
    } as unknown as SnapshotSource<unknown>;
  }

  /** One shard, `a`, without records. */
  changes(): ChangesSource<unknown> {
    return {
      describe: async () => facts,
      capture: async () => ({
        streamArn: 'arn',
        createdMs: 1000,
        serverTimeMs: SERVER_TIME_MS,
        roots: ['a'],
        enabled: false,
      }),
      async *discover() {
        yield { id: 'a', after: [], expectedRecords: null };
      },
      open: (_options: unknown, partition: SourcePartition, from: { position: Position | null }) =>
        this.#reader(partition, from, false),
    } as unknown as ChangesSource<unknown>;
  }

  async #reader({ id }: SourcePartition, { position }: { position: Position | null }, done: boolean) {
    this.opened.push([id, position]);
    const { signal } = this.stopping;
    let isRead = false;
    return {
      async poll() {
        if (isRead) await systemClock.sleep(60_000, signal);
        isRead = true;
        return { records: [], rejected: [], position: { at: 1 }, done, bytes: 0 };
      },
      async [Symbol.asyncDispose]() {},
    };
  }
}
