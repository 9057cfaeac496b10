import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import type { SinkTable, TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { answered, type ControlClient } from '../../dynamodb/control-client.ts';
import type { DataClient } from '../../dynamodb/data-client.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { scanPages } from '../../dynamodb/scan.ts';
import type { TableDescription } from '../../dynamodb/table.ts';
import { createTable, type TableSpec } from '../../dynamodb/table-changes.ts';
import { describeTable, waitActive } from '../../dynamodb/tables.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import type { KeySchema } from '../../schemas/values.ts';
import { type AlternatorOptions, targetTableOf } from './options.ts';

/** What looking at a target table, and making it, needs. */
export interface TargetAccess {
  readonly control: ControlClient;
  readonly data: DataClient;
  /** ScyllaDB, with its own limits; else DynamoDB or a stand-in. */
  readonly alternator: boolean;
}

// ScyllaDB docs/alternator/compatibility.md: the longest file name, less what ScyllaDB appends.
const TABLE_NAME_MAX = 192;
const LOCAL_INDEX_NAME_MAX = 222;

/** Throws what makes the target table unusable; null: it is missing and will be created. */
export async function inspectTable(
  access: TargetAccess,
  options: AlternatorOptions,
  table: SinkTable,
  first: boolean,
  context: TaskContext,
): Promise<TableDescription | null> {
  const name = targetTableOf(options, table.facts.table);
  if (access.alternator) checkNames(name, table.facts);
  const found = await describeOrNull(access.control, name, context.signal);
  if (found === null) {
    if (options.createTables) return null;
    throw new ConnectError('TARGET_TABLE_MISSING', `Target table "${name}" does not exist`, {
      detail: { table: name },
    });
  }
  checkKeySchema(name, table.facts.keySchema, found.keySchema);
  // Rule C11: a first load may not mix with rows that somebody else has put there.
  if (
    first &&
    options.existing === 'refuse' &&
    found.status === 'ACTIVE' &&
    (await holdsRow(access, found, context))
  ) {
    throw new ConnectError('TARGET_NOT_EMPTY', `Target table "${name}" holds rows before the first load`, {
      detail: { table: name },
    });
  }
  return found;
}

/** Creates the target table where it is missing, and waits until it can be used. Throws as {@link inspectTable}. */
export async function makeTable(
  access: TargetAccess,
  options: AlternatorOptions,
  table: SinkTable,
  first: boolean,
  context: TaskContext,
): Promise<void> {
  const { control } = access;
  const found = await inspectTable(access, options, table, first, context);
  const spec = tableSpec(options, table.facts);
  if (found === null) {
    context.log.info({ table: spec.name }, 'creating the target table');
    await createUnlessThere(control, spec, context.signal);
  }
  const active = await waitActive(control, spec.name, context.signal, { clock: context.clock });
  checkKeySchema(spec.name, table.facts.keySchema, active.keySchema);
}

/** The target table for a source table. Rule C10: global indexes and TTL come at cutover, local indexes only now. */
export function tableSpec(options: AlternatorOptions, facts: TableFacts): TableSpec {
  return {
    name: targetTableOf(options, facts.table),
    keySchema: facts.keySchema,
    localIndexes: facts.localIndexes.map((index) => ({
      name: index.name,
      keySchema: index.keySchema,
      projection: { type: index.projection, attributes: index.projected },
    })),
    tags: options.tags,
  };
}

/** Deletes the target table and waits until it is gone; one that is not there is well. */
export async function dropTable(control: ControlClient, name: string, context: TaskContext): Promise<void> {
  const { signal, clock } = context;
  try {
    await answered(
      control.tables.send(new DeleteTableCommand({ TableName: name }), { abortSignal: signal }),
      signal,
    );
  } catch (error) {
    if (error instanceof DynamoDbError && error.kind === 'not-found') return;
    throw error;
  }
  while ((await describeOrNull(control, name, signal)) !== null) await clock.sleep(500, signal);
}

/**
 * Null: there is no such table; `''`: the server tells no TableId. ScyllaDB gives the id that the table's schema has on every
 * node (`alternator/executor.cc`).
 */
export async function tableIdOf(
  control: ControlClient,
  name: string,
  signal: AbortSignal,
): Promise<string | null> {
  const found = await describeOrNull(control, name, signal);
  return found && (found.id ?? '');
}

async function createUnlessThere(
  control: ControlClient,
  spec: TableSpec,
  signal: AbortSignal,
): Promise<void> {
  try {
    await createTable(control, spec, signal);
  } catch (error) {
    // Another task was faster; what it made is looked at once more.
    if (!(error instanceof DynamoDbError) || error.code !== 'ResourceInUseException') throw error;
  }
}

async function describeOrNull(
  control: ControlClient,
  name: string,
  signal: AbortSignal,
): Promise<TableDescription | null> {
  try {
    return await describeTable(control, name, signal);
  } catch (error) {
    if (error instanceof DynamoDbError && error.kind === 'not-found') return null;
    throw error;
  }
}

async function holdsRow(
  access: TargetAccess,
  found: TableDescription,
  context: TaskContext,
): Promise<boolean> {
  const scanner = new ItemScanner(found.keySchema);
  const { signal } = context;
  const place = { table: found.name, segment: 0, totalSegments: 1 };
  // Pages may be empty where many rows were deleted.
  for await (const page of scanPages(access.data, {
    ...place,
    consistent: true,
    limit: 1,
    scanner,
    signal,
  })) {
    if (page.items.length > 0) return true;
  }
  return false;
}

function checkKeySchema(table: string, wanted: KeySchema, found: KeySchema): void {
  const [should, is] = [keyText(wanted), keyText(found)];
  if (should === is) return;
  throw new ConnectError(
    'TARGET_KEY_SCHEMA',
    `Target table "${table}" has the key ${is}, the source table ${should}`,
    {
      detail: { table },
    },
  );
}

function keyText(schema: KeySchema): string {
  return `(${schema.map(({ name, type }) => `${JSON.stringify(name)} ${type}`).join(', ')})`;
}

function checkNames(name: string, facts: TableFacts): void {
  if (name.length > TABLE_NAME_MAX) {
    throw new ConnectError(
      'TARGET_REFUSED',
      `Table name "${name}" is longer than Alternator's ${TABLE_NAME_MAX} characters; rename it in target.tables`,
      { detail: { table: name } },
    );
  }
  for (const index of facts.localIndexes) {
    if (name.length + index.name.length + 2 <= LOCAL_INDEX_NAME_MAX) continue;
    throw new ConnectError(
      'TARGET_REFUSED',
      `Local index "${index.name}" with table name "${name}" is longer than Alternator's ${LOCAL_INDEX_NAME_MAX} characters; give the table a shorter name in target.tables`,
      { detail: { table: name } },
    );
  }
}
