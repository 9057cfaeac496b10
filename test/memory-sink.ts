import { z } from 'zod';
import type { SinkConnector, SinkTask, TakeOver, TargetRow } from '../connectors/connector.ts';
import { ConnectError, type ErrorCode } from '../connectors/errors.ts';
import type { ChangeRecord } from '../schemas/change.ts';
import type { Item } from '../schemas/item.ts';

interface StoredRow {
  readonly key: Buffer;
  /** Null: deleted; kept, with its version, for a sink that has versions. */
  readonly item: Item | null;
  readonly version: number;
}

/** What a memory sink has written, and what was asked of it. Outlives its tasks, as a database does. */
export class MemoryTarget {
  readonly tables = new Map<string, Map<string, StoredRow>>();
  readonly adoptions: { readonly table: string; readonly lane: string; readonly takeOver: TakeOver }[] = [];
  readonly puts: {
    readonly table: string;
    readonly lane: string;
    readonly batch: readonly ChangeRecord[];
  }[] = [];
  /** Tasks that were opened and not closed yet. */
  openTasks = 0;

  table(name: string): Map<string, StoredRow> {
    let rows = this.tables.get(name);
    if (rows === undefined) this.tables.set(name, (rows = new Map()));
    return rows;
  }

  rows(name: string): TargetRow[] {
    return [...this.table(name).values()].flatMap(({ key, item }) => (item === null ? [] : [{ key, item }]));
  }

  item(name: string, key: Buffer): Item | null {
    return this.table(name).get(key.toString('latin1'))?.item ?? null;
  }

  /** The write itself; with `versioned` a lower version loses. */
  write(record: ChangeRecord, versioned: boolean): void {
    const rows = this.table(record.table);
    const name = record.key.toString('latin1');
    if (versioned && (rows.get(name)?.version ?? -1) > record.version) return;
    if (record.after === null && !versioned) rows.delete(name);
    else rows.set(name, { key: record.key, item: record.after, version: record.version });
  }
}

export interface MemorySinkOptions {
  /** As `supports.version`; default false. */
  readonly version?: boolean;
  /** Records that the target takes under no circumstances. */
  readonly refuses?: (record: ChangeRecord) => boolean;
  /** Why it takes them not; default RECORD_REFUSED. */
  readonly codeOf?: (record: ChangeRecord) => ErrorCode;
  /** Runs before a batch is written; what it throws, `put` throws. */
  readonly beforePut?: (lane: string, batch: readonly ChangeRecord[]) => void | Promise<void>;
  readonly name?: string;
  readonly fingerprint?: string;
}

const noOptions = z.strictObject({});

/** A sink that keeps every law, without a network: for the runtime's tests and as the suite's measure. */
export function memorySink(
  target: MemoryTarget,
  behaviour: MemorySinkOptions = {},
): SinkConnector<Record<string, never>> {
  const version = behaviour.version ?? false;
  return {
    name: behaviour.name ?? 'MemorySink',
    summary: 'Keeps rows in memory.',
    options: noOptions,
    supports: { version },
    targetTable: (_options, table) => table,
    fingerprint: () => behaviour.fingerprint ?? 'memory:1',
    check: () => Promise.resolve([]),
    async prepare(_options, { facts }) {
      target.table(facts.table);
      return {};
    },
    async drop(_options, { facts }) {
      target.tables.delete(facts.table);
    },
    async open() {
      target.openTasks += 1;
      return memoryTask(target, behaviour, version);
    },
    async *rows(_options, { facts }) {
      yield target.rows(facts.table);
    },
    lookUp: (_options, { facts }, keys) => Promise.resolve(keys.map((key) => target.item(facts.table, key))),
  };
}

function memoryTask(target: MemoryTarget, behaviour: MemorySinkOptions, versioned: boolean): SinkTask {
  return {
    async adopt({ facts }, lane, takeOver) {
      target.adoptions.push({ table: facts.table, lane, takeOver });
    },
    async put({ facts }, lane, batch) {
      await behaviour.beforePut?.(lane, batch);
      target.puts.push({ table: facts.table, lane, batch });
      return batch.flatMap((record, index) => {
        if (behaviour.refuses?.(record)) {
          const code = behaviour.codeOf?.(record) ?? 'RECORD_REFUSED';
          return [{ index, error: new ConnectError(code, 'The item is refused') }];
        }
        target.write(record, versioned);
        return [];
      });
    },
    async [Symbol.asyncDispose]() {
      target.openTasks -= 1;
    },
  };
}
