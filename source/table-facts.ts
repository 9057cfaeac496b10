import type { IndexFacts, TableFacts } from '../connectors/catalog-records.ts';
import type { ControlClient } from '../dynamodb/control-client.ts';
import { fromSdk } from '../dynamodb/errors.ts';
import type { IndexDescription, TableDescription } from '../dynamodb/table.ts';
import { describeTable, describeTtl } from '../dynamodb/tables.ts';
import { sourceFault } from './faults.ts';

/**
 * What a source table is, as the catalog keeps it.
 *
 * @throws ConnectError SOURCE_TABLE_MISSING, SOURCE_ACCESS_DENIED, SOURCE_UNREACHABLE; the signal's reason after an abort
 */
export async function describeFacts(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
): Promise<TableFacts> {
  try {
    const description = await describeTable(client, table, signal);
    return toFacts(description, await ttlAttribute(client, table, signal));
  } catch (error) {
    signal?.throwIfAborted();
    throw sourceFault(error, `Describing table ${JSON.stringify(table)}`, { table });
  }
}

/** The `Date` of a cheap answer about the table, ms: the source's clock. */
export async function sourceTimeMs(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
): Promise<number> {
  try {
    return (await describeTable(client, table, signal)).serverTimeMs;
  } catch (error) {
    signal?.throwIfAborted();
    throw sourceFault(error, `Asking the source for its time, by table ${JSON.stringify(table)}`, { table });
  }
}

export function toFacts(description: TableDescription, ttlAttribute: string | null): TableFacts {
  return {
    table: description.name,
    arn: description.arn === '' ? null : description.arn,
    tableId: description.id,
    keySchema: description.keySchema,
    attributeTypes: Object.fromEntries(
      description.attributeDefinitions.map(({ name, type }) => [name, type]),
    ),
    localIndexes: description.localIndexes.map(toIndexFacts),
    globalIndexes: description.globalIndexes.map(toIndexFacts),
    ttlAttribute,
    itemCount: description.itemCount,
    sizeBytes: description.sizeBytes,
  };
}

function toIndexFacts({ name, keySchema, projection }: IndexDescription): IndexFacts {
  return { name, keySchema, projection: projection.type, projected: projection.attributes };
}

async function ttlAttribute(
  client: ControlClient,
  table: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    return (await describeTtl(client, table, signal)).attribute;
  } catch (error) {
    // A stand-in without TTL has no item that expires.
    if (fromSdk(error).code === 'UnknownOperationException') return null;
    throw error;
  }
}
