import { ConnectError } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import type { TableDescription } from '../../dynamodb/table.ts';
import { enableStream } from '../../dynamodb/table-changes.ts';
import { describeTable, waitActive } from '../../dynamodb/tables.ts';
import type { KeySchema } from '../../schemas/values.ts';
import { sourceFault } from '../../source/faults.ts';
import { call, type JsonItem } from '../../workload/calls.ts';
import { namedAttributes } from '../../workload/execute.ts';
import { isOwnKey, MUSIC_KEYS } from '../../workload/keys.ts';
import { clientsOf, createMusicTable, type TableAddress, type TableClients } from '../../workload/table.ts';
import type { LoadOptions } from '../commands/load.ts';

/** Items that are looked at to tell whose table it is. */
const LOOKS = 20;

export interface LoadedTable {
  readonly keys: KeySchema;
  /** It held nothing when it was looked at. */
  readonly empty: boolean;
  readonly streams: boolean;
}

/**
 * Finds the table, or makes it, still without a stream.
 *
 * @throws ConnectError LOAD_TABLE_MISSING, LOAD_TABLE_FOREIGN, LOAD_TABLE_KEYS, and what the service says; nothing is written then
 */
export async function openLoadTable(
  address: TableAddress,
  options: Pick<LoadOptions, 'createTable' | 'allowExisting'>,
  signal: AbortSignal,
): Promise<LoadedTable> {
  const { table } = address;
  await using clients = clientsOf(address);
  try {
    const found = await describe(clients, table, signal);
    if (found === null && !options.createTable) {
      const where = address.endpoint ?? address.region;
      throw new ConnectError('LOAD_TABLE_MISSING', `There is no table ${JSON.stringify(table)} at ${where}`, {
        detail: { table },
      });
    }
    if (found === null) {
      await createMusicTable(address);
      return { keys: MUSIC_KEYS, empty: true, streams: false };
    }
    const { keySchema: keys, stream } = found;
    refuseNames(table, keys);
    const items = await someItems(clients, table);
    if (!options.allowExisting && items.some((item) => !isOwnKey(item, keys))) {
      throw new ConnectError('LOAD_TABLE_FOREIGN', `Table ${table} holds items that load did not make`, {
        detail: { table },
      });
    }
    return { keys, empty: items.length === 0, streams: stream?.enabled === true };
  } catch (error) {
    signal.throwIfAborted();
    throw sourceFault(error, `Looking at table ${JSON.stringify(table)}`, { table });
  }
}

/** After the fill: a stream slows DynamoDB Local down with every record that it holds. */
export async function addStream(address: TableAddress): Promise<void> {
  const { table } = address;
  await using clients = clientsOf(address);
  try {
    await enableStream(clients.control, table, 'NEW_AND_OLD_IMAGES');
    await waitActive(clients.control, table);
  } catch (error) {
    throw sourceFault(error, `Enabling the stream of table ${JSON.stringify(table)}`, { table });
  }
}

/** Null: there is no such table. */
async function describe(
  clients: TableClients,
  table: string,
  signal: AbortSignal,
): Promise<TableDescription | null> {
  try {
    return await retried(() => describeTable(clients.control, table, signal), { signal, attemptsMax: 4 });
  } catch (error) {
    if (error instanceof DynamoDbError && error.kind === 'not-found') return null;
    throw error;
  }
}

async function someItems(clients: TableClients, table: string): Promise<readonly JsonItem[]> {
  const request = { TableName: table, Limit: LOOKS, ConsistentRead: true };
  const { answer } = await call<{ Items?: readonly JsonItem[] }>(clients.data, 'Scan', request);
  return answer.Items ?? [];
}

function refuseNames(table: string, keys: KeySchema): void {
  const name = keys.find((key) => (namedAttributes as readonly string[]).includes(key.name))?.name;
  if (name === undefined) return;
  const message = `Attribute ${name}, which updates change, is part of the key of table ${table}`;
  throw new ConnectError('LOAD_TABLE_KEYS', message, { detail: { table, attribute: name } });
}
