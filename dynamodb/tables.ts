import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { type Clock, systemClock } from './clock.ts';
import { answered, type ControlClient, callOptions, type ServerTime } from './control-client.ts';
import { DynamoDbError } from './errors.ts';
import { readTable, type TableDescription } from './table.ts';

/** Throws {@link DynamoDbError} of kind `not-found` for a table that does not exist. */
export async function describeTable(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
): Promise<TableDescription & ServerTime> {
  const command = new DescribeTableCommand({ TableName: table });
  const output = await answered(client.tables.send(command, callOptions(signal)), signal);
  return { ...readTable(output.Table), serverTimeMs: output.serverTimeMs };
}

/** The name of the attribute that holds the time to live, while it is enabled or being enabled. */
export async function describeTtl(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
): Promise<{ readonly attribute: string | null } & ServerTime> {
  const command = new DescribeTimeToLiveCommand({ TableName: table });
  const output = await answered(client.tables.send(command, callOptions(signal)), signal);
  const { TimeToLiveStatus: status, AttributeName: name } = output.TimeToLiveDescription ?? {};
  const enabled = status === 'ENABLED' || status === 'ENABLING';
  return { attribute: enabled ? (name ?? null) : null, serverTimeMs: output.serverTimeMs };
}

/** Point-in-time recovery, which an export needs. Stand-ins answer UnknownOperationException. */
export interface ContinuousBackups extends ServerTime {
  readonly enabled: boolean;
  readonly earliestMs: number | null;
  readonly latestMs: number | null;
}

export async function describeContinuousBackups(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
): Promise<ContinuousBackups> {
  const command = new DescribeContinuousBackupsCommand({ TableName: table });
  const output = await answered(client.tables.send(command, callOptions(signal)), signal);
  const recovery = output.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
  return {
    enabled: recovery?.PointInTimeRecoveryStatus === 'ENABLED',
    earliestMs: recovery?.EarliestRestorableDateTime?.getTime() ?? null,
    latestMs: recovery?.LatestRestorableDateTime?.getTime() ?? null,
    serverTimeMs: output.serverTimeMs,
  };
}

/** The names of all tables, in pages of up to 100. */
export async function* listTables(
  client: ControlClient,
  signal?: AbortSignal,
): AsyncGenerator<readonly string[], void, undefined> {
  let after: string | undefined;
  do {
    const command = new ListTablesCommand(after === undefined ? {} : { ExclusiveStartTableName: after });
    const output = await answered(client.tables.send(command, callOptions(signal)), signal);
    yield output.TableNames ?? [];
    after = output.LastEvaluatedTableName;
  } while (after !== undefined);
}

export interface WaitOptions {
  readonly clock?: Clock;
  /** Default 1000. */
  readonly pollIntervalMs?: number;
  /** Default 10 minutes; after it TABLE_NOT_ACTIVE is thrown. */
  readonly timeoutMs?: number;
}

/** Waits until a table that is being created or changed can be used. A table not seen yet is waited for too. */
export async function waitActive(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
  options: WaitOptions = {},
): Promise<TableDescription & ServerTime> {
  const { clock = systemClock, pollIntervalMs = 1000, timeoutMs = 600_000 } = options;
  const deadlineMs = clock.monotonic() + timeoutMs;
  for (;;) {
    const description = await describeIfSeen(client, table, signal);
    const status = description?.status ?? 'not to be seen';
    if (description !== null && status === 'ACTIVE') return description;
    const hopeful = description === null || status === 'CREATING' || status === 'UPDATING';
    if (!hopeful || clock.monotonic() >= deadlineMs) {
      throw new DynamoDbError('TABLE_NOT_ACTIVE', `table ${table} is ${status}`);
    }
    await clock.sleep(pollIntervalMs, signal);
  }
}

async function describeIfSeen(
  client: ControlClient,
  table: string,
  signal: AbortSignal | undefined,
): Promise<(TableDescription & ServerTime) | null> {
  try {
    return await describeTable(client, table, signal);
  } catch (error) {
    // DescribeTable is eventually consistent after CreateTable (API reference: DescribeTable).
    if (error instanceof DynamoDbError && error.kind === 'not-found') return null;
    throw error;
  }
}
