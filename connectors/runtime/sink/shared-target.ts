import type { SinkConnector } from '../../connector.ts';
import { ConnectError } from '../../errors.ts';

/** A sink with its options bound. */
interface BoundSink {
  readonly plugin: Pick<SinkConnector<unknown>, 'targetTable'>;
  readonly options: unknown;
}

/** The first two tables that a sink would write to one target table, in words; null: each has its own. */
export function sharedTarget({ plugin, options }: BoundSink, tables: readonly string[]): string | null {
  const taken = new Map<string, string>();
  for (const table of tables) {
    const target = plugin.targetTable(options, table);
    const other = taken.get(target);
    if (other !== undefined) return `"${target}" is the target table of both ${other} and ${table}`;
    taken.set(target, table);
  }
  return null;
}

/** Rows of two tables in one would overwrite each other. Throws TARGET_TABLE_SHARED. */
export function checkTargets(sink: BoundSink, tables: readonly string[]): void {
  const shared = sharedTarget(sink, tables);
  if (shared !== null) throw new ConnectError('TARGET_TABLE_SHARED', shared);
}
