import type { TaskContext } from '../../connectors/connector.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import type { ExportState } from '../../dynamodb/exports.ts';
import { retried } from '../../dynamodb/retry.ts';
import type { RequestClient } from './request-client.ts';
import { requestFault } from './request-faults.ts';

/** Pauses between two looks at an export grow from the first to the last; an export takes minutes at least. */
const POLL_MS = 1000;
const POLL_MS_MAX = 30_000;
const POLL_GROWTH = 1.3;
/** The same of lines in the log. */
const SAY_MS = 15_000;
const SAY_MS_MAX = 300_000;
/** An export just asked for may not be known everywhere yet. */
const UNKNOWN_MS = 60_000;

/** The export that is waited for. */
export interface Awaited {
  readonly table: string;
  readonly exportArn: string;
  /** Server time, ms. */
  readonly requestedMs: number;
  /** Of the table; null: the service does not tell. */
  readonly sizeBytes: number | null;
}

/**
 * Waits until an export is completed or has failed, and says now and then how long that has taken.
 *
 * DescribeExport tells no share that is done, and AWS promises no duration, so none is made up.
 *
 * @throws ConnectError where the service stays out of reach or refuses to answer: the wait can be taken up again;
 * DynamoDbError ExportNotFoundException for an export that is not known
 */
export async function awaitExport(
  client: RequestClient,
  awaited: Awaited,
  { clock, log, signal }: TaskContext,
): Promise<ExportState> {
  const { table, exportArn, requestedMs, sizeBytes } = awaited;
  const startMs = clock.monotonic();
  let sayAfterMs = 0;
  let sayEveryMs = SAY_MS;
  for (let pauseMs = POLL_MS; ; pauseMs = Math.min(POLL_MS_MAX, pauseMs * POLL_GROWTH)) {
    const state = await lookAt(client, exportArn, table, { clock, log, signal });
    if (state !== null && state.status !== 'IN_PROGRESS') return state;
    const waitedMs = clock.monotonic() - startMs;
    if (state === null && waitedMs >= UNKNOWN_MS) {
      throw new DynamoDbError('ExportNotFoundException', `${exportArn} is not known`, { status: 400 });
    }
    if (state !== null && waitedMs >= sayAfterMs) {
      const elapsedSeconds = Math.max(0, Math.round((state.serverTimeMs - requestedMs) / 1000));
      log.info(
        { table, export: exportArn, elapsedSeconds, sizeBytes },
        'waiting for the export; AWS tells no progress of it and promises no duration',
      );
      sayAfterMs = waitedMs + sayEveryMs;
      sayEveryMs = Math.min(SAY_MS_MAX, sayEveryMs * 2);
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** Null: the export is not known. */
async function lookAt(
  client: RequestClient,
  exportArn: string,
  table: string,
  { clock, signal }: TaskContext,
): Promise<ExportState | null> {
  try {
    return await retried(() => client.describeExport(exportArn, signal), { clock, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DynamoDbError && error.code === 'ExportNotFoundException') return null;
    throw requestFault(error, `Asking for the state of ${exportArn}`, { table, export: exportArn });
  }
}
