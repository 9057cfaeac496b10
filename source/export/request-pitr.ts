import type { TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import type { RequestClient } from './request-client.ts';
import { pitrOff, requestFault } from './request-faults.ts';

const POLL_MS = 1000;
const POLL_MS_MAX = 10_000;
/** Backups of a table begin within seconds or minutes after they were turned on. */
const BEGIN_MS_MAX = 15 * 60_000;

/** Throws SOURCE_PITR_OFF where a table has no point-in-time recovery. */
export async function assertPitr(
  client: RequestClient,
  table: string,
  region: string,
  context: TaskContext,
): Promise<void> {
  if (!(await isOn(client, table, context))) throw pitrOff(table, region);
}

/**
 * Turns point-in-time recovery on where it is off, and waits until it is.
 *
 * @param beforeEnabling what has to be known should this process end right after
 */
export async function ensurePitr(
  client: RequestClient,
  table: string,
  region: string,
  context: TaskContext,
  beforeEnabling: () => Promise<void>,
): Promise<void> {
  if (await isOn(client, table, context)) return;
  await beforeEnabling();
  const { clock, log, signal } = context;
  const deadlineMs = clock.monotonic() + BEGIN_MS_MAX;
  for (let pauseMs = POLL_MS; ; pauseMs = Math.min(POLL_MS_MAX, pauseMs * 2)) {
    if (await enable(client, table, context)) log.info({ table }, 'point-in-time recovery turned on');
    if (await isOn(client, table, context)) return;
    if (clock.monotonic() >= deadlineMs) throw pitrOff(table, region);
    await clock.sleep(pauseMs, signal);
  }
}

/**
 * Repeats a request that is refused because backups which we turned on have not begun.
 *
 * @param turnedOn false: nothing is repeated
 */
export async function onceBackedUp<T>(
  turnedOn: boolean,
  { clock, signal }: TaskContext,
  request: () => Promise<T>,
): Promise<T> {
  const deadlineMs = clock.monotonic() + (turnedOn ? BEGIN_MS_MAX : 0);
  for (;;) {
    try {
      return await request();
    } catch (error) {
      const early = error instanceof DynamoDbError && NOT_BEGUN.has(error.code);
      if (!early || clock.monotonic() >= deadlineMs) throw error;
    }
    await clock.sleep(POLL_MS_MAX, signal);
  }
}

const NOT_BEGUN = new Set([
  'PointInTimeRecoveryUnavailableException',
  'ContinuousBackupsUnavailableException',
  'InvalidExportTimeException',
]);

async function isOn(client: RequestClient, table: string, { clock, signal }: TaskContext): Promise<boolean> {
  try {
    return (await retried(() => client.backups(table, signal), { clock, signal })).enabled;
  } catch (error) {
    signal.throwIfAborted();
    throw requestFault(error, `Asking for the point-in-time recovery of table ${table}`, { table });
  }
}

/** False: the service cannot do it yet. */
async function enable(
  client: RequestClient,
  table: string,
  { clock, signal }: TaskContext,
): Promise<boolean> {
  try {
    // Turning on what is on changes nothing.
    await retried(() => client.enableBackups(table, signal), { clock, signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DynamoDbError && error.code === 'ContinuousBackupsUnavailableException')
      return false;
    const action = `Turning on point-in-time recovery of table ${table}`;
    if (error instanceof ConnectError) throw error;
    throw requestFault(error, action, { table });
  }
}
