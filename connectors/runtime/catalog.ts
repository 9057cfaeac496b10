import type {
  RepairRecord,
  RequestRecord,
  SinkRecord,
  SnapshotPartitionRecord,
  SnapshotRecord,
  TableRecord,
} from '../catalog-records.ts';
import { ConnectError } from '../errors.ts';
import type { KeyedLog } from '../kafka/keyed-log.ts';

/** A record of an internal topic, before it is written. */
export interface KeyedEntry {
  readonly key: string;
  /** Null deletes. */
  readonly value: string | null;
}

export const catalogKeys = {
  table: (table: string) => `table/${table}`,
  snapshot: (table: string, id: string) => `snapshot/${table}/${id}`,
  snapshotPartition: (table: string, id: string, partition: number) => `snapshot/${table}/${id}/${partition}`,
  request: (table: string, epoch: number) => `request/${table}/${epoch}`,
  sink: (connector: string, table: string) => `sink/${connector}/${table}`,
  repair: (connector: string, table: string) => `repair/${connector}/${table}`,
};

export function catalogEntry(
  key: string,
  record:
    | TableRecord
    | SnapshotRecord
    | SnapshotPartitionRecord
    | RequestRecord
    | SinkRecord
    | RepairRecord
    | null,
): KeyedEntry {
  return { key, value: record === null ? null : JSON.stringify(record) };
}

/**
 * The truth that sinks, `status` and `verify` read: what each table is, its epoch, its snapshots and who writes where.
 *
 * Each record has its own key and one writer (task 0 of a connector), so that writers never overwrite each other.
 */
export class Catalog {
  readonly #log: KeyedLog;
  /** Parsed records, until the log changes: lanes ask once per batch. */
  readonly #parsed = new Map<string, unknown>();

  constructor(log: KeyedLog) {
    this.#log = log;
    log.subscribe(() => this.#parsed.clear());
  }

  /** Everything committed before the call is visible after it. */
  readToEnd(): Promise<void> {
    return this.#log.readToEnd();
  }

  /** Also what stands behind a transaction that is open now (rule C3). */
  readPastOpen(): Promise<void> {
    return this.#log.readPastOpen();
  }

  /** Calls `listener` after each change; returns how to stop. */
  subscribe(listener: () => void): () => void {
    return this.#log.subscribe(listener);
  }

  tables(): TableRecord[] {
    const records: TableRecord[] = [];
    for (const [key, value] of this.#log.entries()) {
      if (key.startsWith('table/')) records.push(parse<TableRecord>(key, value));
    }
    return records;
  }

  table(table: string): TableRecord | null {
    return this.#read<TableRecord>(catalogKeys.table(table));
  }

  snapshot(table: string, id: string): SnapshotRecord | null {
    return this.#read<SnapshotRecord>(catalogKeys.snapshot(table, id));
  }

  /** All snapshots of a table, in the order they were published. */
  snapshots(table: string): readonly SnapshotRecord[] {
    return this.#memo(`snapshots of ${table}`, () => this.#snapshots(table));
  }

  #snapshots(table: string): SnapshotRecord[] {
    const found = this.#snapshotsByTable().get(table) ?? [];
    return found
      .map(([key, value]) => parse<SnapshotRecord>(key, value))
      .sort((a, b) => a.epoch - b.epoch || a.rank - b.rank);
  }

  /** One pass for all: a thousand tables may ask after each change, with as many thousand records to go over. */
  #snapshotsByTable(): ReadonlyMap<string, readonly (readonly [key: string, value: string])[]> {
    return this.#memo('snapshots by table', () => {
      const byTable = new Map<string, [string, string][]>();
      for (const entry of this.#log.entries()) {
        const [kind, table, id, ...deeper] = entry[0].startsWith('snapshot/') ? entry[0].split('/') : [];
        if (kind === undefined || table === undefined || id === undefined || deeper.length > 0) continue;
        const known = byTable.get(table);
        if (known === undefined) byTable.set(table, [entry]);
        else known.push(entry);
      }
      return byTable;
    });
  }

  /** The newest full snapshot of the table's current epoch, and the windows that continue it; empty without one. */
  currentChain(table: string): readonly SnapshotRecord[] {
    return this.#memo(`chain of ${table}`, () => {
      const epoch = this.table(table)?.epoch.number;
      const ofEpoch = this.snapshots(table).filter((snapshot) => snapshot.epoch === epoch);
      const full = ofEpoch.findLast(({ windowOf }) => windowOf === null);
      return full ? [full, ...ofEpoch.filter(({ windowOf }) => windowOf === full.facts.id)] : [];
    });
  }

  /** The newest full snapshot of the table's current epoch. */
  currentSnapshot(table: string): SnapshotRecord | null {
    return this.currentChain(table)[0] ?? null;
  }

  /** Every row of the current snapshot and its windows stands in the topic. */
  isLoaded(table: string): boolean {
    return this.currentChain(table).at(-1)?.state === 'complete';
  }

  request(table: string, epoch: number): RequestRecord | null {
    return this.#read<RequestRecord>(catalogKeys.request(table, epoch));
  }

  snapshotPartition(table: string, id: string, partition: number): SnapshotPartitionRecord | null {
    return this.#read<SnapshotPartitionRecord>(catalogKeys.snapshotPartition(table, id, partition));
  }

  /** Every sink that has written a table, of whatever target. */
  sinks(): { readonly connector: string; readonly table: string }[] {
    return [...this.#log.entries()].flatMap(([key]) => {
      // A connector's name may hold slashes, a table's none.
      const [, connector, table] = /^sink\/(.+)\/([^/]+)$/s.exec(key) ?? [];
      return connector === undefined || table === undefined ? [] : [{ connector, table }];
    });
  }

  sink(connector: string, table: string): SinkRecord | null {
    const record = this.#read<Omit<SinkRecord, 'epoch' | 'restore'> & Partial<SinkRecord>>(
      catalogKeys.sink(connector, table),
    );
    if (record === null) return null;
    // Older records do not tell: they are of sinks whose rows stay where they are, and that changed no setting.
    const { epoch = this.table(table)?.epoch.number ?? 1, restore = {} } = record;
    return { ...record, epoch, restore };
  }

  repair(connector: string, table: string): RepairRecord | null {
    return this.#read<RepairRecord>(catalogKeys.repair(connector, table));
  }

  /** Highest V that repairs of a table may have written, into whatever target; 0: none has. */
  repairedTo(table: string): number {
    let highest = 0;
    for (const [key, value] of this.#log.entries()) {
      if (!key.startsWith('repair/') || !key.endsWith(`/${table}`)) continue;
      highest = Math.max(highest, parse<RepairRecord>(key, value).version);
    }
    return highest;
  }

  #read<T>(key: string): T | null {
    return this.#memo(key, () => {
      const value = this.#log.get(key);
      return value === null ? null : parse<T>(key, value);
    });
  }

  #memo<T>(key: string, make: () => T): T {
    if (!this.#parsed.has(key)) this.#parsed.set(key, make());
    return this.#parsed.get(key) as T;
  }
}

function parse<T>(key: string, value: string): T {
  try {
    return JSON.parse(value) as T;
  } catch (cause) {
    throw new ConnectError('KAFKA_TOPIC_CORRUPT', `Catalog record ${key} is not JSON`, {
      cause,
      detail: { key },
    });
  }
}
