import type { Problem, TaskContext } from '../../connectors/connector.ts';
import { asConnectError, ConnectError } from '../../connectors/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import { s3Client } from './clients.ts';
import type { ExportSourceOptions } from './options.ts';
import { checkBucket } from './request-bucket.ts';
import type { RequestClient } from './request-client.ts';
import { requestFault } from './request-faults.ts';
import { destinationOf } from './request-notes.ts';
import { assertPitr } from './request-pitr.ts';

/** What would refuse exports of these tables, as far as it can be seen without asking for one. */
export async function checkRequests(
  client: RequestClient,
  options: ExportSourceOptions,
  tables: readonly string[],
  context: TaskContext,
): Promise<readonly Problem[]> {
  const { request } = options;
  if (request === undefined || tables.length === 0) return [];
  const problems: Problem[] = [];
  const attempt = async (table: string | null, look: () => Promise<void>): Promise<void> => {
    try {
      await look();
    } catch (error) {
      context.signal.throwIfAborted();
      problems.push({ table, error: asConnectError(error) });
    }
  };
  for (const table of tables) {
    await attempt(table, () => checkTable(client, table, options.region, request.enablePitr, context));
  }
  const region = options.s3.region ?? options.region;
  const s3 = s3Client(options, { followRedirects: false });
  await attempt(null, () => checkBucket(s3, destinationOf(request), region, context.signal));
  return problems;
}

async function checkTable(
  client: RequestClient,
  table: string,
  region: string,
  enablePitr: boolean,
  context: TaskContext,
): Promise<void> {
  const { arn } = await asked(`Describing table ${JSON.stringify(table)}`, table, context, () =>
    client.describeTable(table, context.signal),
  );
  if (arn === '') {
    throw new ConnectError('EXPORT_UNSUPPORTED', `Table ${table} has no ARN`, { detail: { table } });
  }
  if (!enablePitr) return assertPitr(client, table, region, context);
  // Asked for all the same: a source that makes no exports answers with an error.
  const action = `Asking for the point-in-time recovery of table ${table}`;
  await asked(action, table, context, () => client.backups(table, context.signal));
}

async function asked<T>(
  action: string,
  table: string,
  { clock, signal }: TaskContext,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await retried(call, { clock, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw requestFault(error, action, { table });
  }
}
