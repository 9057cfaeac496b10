import type { TableRecord } from '../../connectors/catalog-records.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import { describeContinuousBackups, describeTable } from '../../dynamodb/tables.ts';
import { sourceFault } from '../../source/faults.ts';
import type { Migration } from '../config/defaults.ts';
import { sourceClients } from '../source-access.ts';
import type { Kept, Leftover } from './leftover.ts';

export interface SourceLook {
  /** The source is never contacted: what was switched on there stays on. */
  readonly keepSource: boolean;
  readonly signal: AbortSignal;
}

/** Attempts of a call: somebody waits for the list. */
const ATTEMPTS_MAX = 4;

/** The streams and the point-in-time recovery that Messina switched on, as the catalog says, and that still are. */
export async function sourceLeftovers(
  migration: Migration,
  catalog: Catalog,
  { keepSource, signal }: SourceLook,
): Promise<{ readonly remove: readonly Leftover[]; readonly keep: readonly Kept[] }> {
  const remove: Leftover[] = [];
  const keep: Kept[] = [];
  for (const record of catalog.tables()) {
    const switched = switchedOn(catalog, record);
    if (keepSource) keep.push(...switched.map((one) => ({ ...one, why: '--keep-source' })));
    else if (switched.length > 0) remove.push(...(await stillOn(migration, record, switched, signal)));
  }
  return { remove, keep };
}

function switchedOn(catalog: Catalog, { facts, epoch }: TableRecord): Leftover[] {
  const { table } = facts;
  const epochs = Array.from({ length: epoch.number }, (_, n) => n + 1);
  const recovery = epochs.some((n) => catalog.request(table, n)?.facts['pitrEnabled'] === true);
  return [
    ...(epoch.streamEnabled && epoch.streamArn !== null ? [{ kind: 'stream', name: table } as const] : []),
    ...(recovery ? [{ kind: 'pitr', name: table } as const] : []),
  ];
}

/** Another stream, or another table under the name, is none of ours. */
async function stillOn(
  migration: Migration,
  { facts, epoch }: TableRecord,
  switched: readonly Leftover[],
  signal: AbortSignal,
): Promise<Leftover[]> {
  const { table } = facts;
  const { control } = sourceClients(migration);
  const options = { signal, attemptsMax: ATTEMPTS_MAX };
  try {
    const live = await retried(() => describeTable(control, table, signal), options);
    if (facts.tableId !== null && live.id !== null && facts.tableId !== live.id) return [];
    const on: Leftover[] = [];
    for (const one of switched) {
      const isOn =
        one.kind === 'stream'
          ? live.stream?.enabled === true && live.stream.arn === epoch.streamArn
          : (await retried(() => describeContinuousBackups(control, table, signal), options)).enabled;
      if (isOn) on.push(one);
    }
    return on;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DynamoDbError && error.kind === 'not-found') return [];
    const fault = sourceFault(error, `Looking at what is switched on for table ${table}`, { table });
    const message = `${fault.message}; --keep-source leaves it on, and removes the rest`;
    throw new ConnectError(fault.code, message, { cause: error, detail: fault.detail });
  }
}
