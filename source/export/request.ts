import { randomUUID } from 'node:crypto';
import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { SnapshotAsked, TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import type { ExportState } from '../../dynamodb/exports.ts';
import { retried } from '../../dynamodb/retry.ts';
import { assertSameTable } from '../same-table.ts';
import type { Location } from './locate.ts';
import type { RequestOptions } from './options.ts';
import type { LiveTable, RequestClient } from './request-client.ts';
import { exportFailed, pitrOff, requestFault } from './request-faults.ts';
import {
  type AskedExport,
  destinationOf,
  isSameDestination,
  type RequestNotes,
  readNotes,
  writeFailure,
  writeNotes,
} from './request-notes.ts';
import { assertPitr, ensurePitr, onceBackedUp } from './request-pitr.ts';
import { awaitExport } from './request-wait.ts';

/** How often the server's time is asked for while waiting for it, ms; less at the end. */
const WAIT_MS = 5000;
const WAIT_LEAST_MS = 200;
/** Exports take minutes or hours: how often one is asked for while the account has as many as it may, ms. */
const LIMIT_PAUSE_MS = 60_000;

/** A completed export that was asked for here. */
export interface RequestedExport {
  readonly summary: Location;
  readonly arn: string;
  /** X as DescribeExport tells it, ms; null: it does not. */
  readonly exportMs: number | null;
}

/**
 * Asks for a full export of a table, once in an epoch, and waits until it is complete.
 *
 * Rule C1: it is asked for when the service's own clock has passed `notBeforeMs`. A token is noted before the request and
 * the export's ARN after it, so that a later call waits for the same export, whenever the one before it ended.
 *
 * @throws ConnectError; after EXPORT_FAILED and EXPORT_PARTIAL the next call asks for another export
 */
export async function requestedExport(
  client: RequestClient,
  options: { readonly region: string; readonly request: RequestOptions },
  table: TableFacts,
  asked: SnapshotAsked,
  context: TaskContext,
): Promise<RequestedExport> {
  const run = new Request(client, options, table, asked, context);
  return run.completed();
}

class Request {
  readonly #client: RequestClient;
  readonly #options: { readonly region: string; readonly request: RequestOptions };
  readonly #table: TableFacts;
  readonly #asked: SnapshotAsked;
  readonly #context: TaskContext;
  #notes: RequestNotes;

  constructor(
    client: RequestClient,
    options: { readonly region: string; readonly request: RequestOptions },
    table: TableFacts,
    asked: SnapshotAsked,
    context: TaskContext,
  ) {
    this.#client = client;
    this.#options = options;
    this.#table = table;
    this.#asked = asked;
    this.#context = context;
    this.#notes = readNotes(asked.noted);
  }

  async completed(): Promise<RequestedExport> {
    const known = this.#notes.asked ?? (await this.#begin());
    const exportArn = known.exportArn ?? (await this.#ask(known));
    const { sizeBytes } = this.#table;
    const awaited = { table: this.#table.table, exportArn, requestedMs: known.requestedMs, sizeBytes };
    const state = await awaitExport(this.#client, awaited, this.#context).catch((error) =>
      this.#lost(error, exportArn),
    );
    return this.#read(state, exportArn, known);
  }

  /** Everything up to the request; resolves when a token for it is noted. */
  async #begin(): Promise<AskedExport> {
    const { table } = this.#table;
    const { region, request } = this.#options;
    if (request.enablePitr) {
      await ensurePitr(this.#client, table, region, this.#context, () => this.#note({ pitrEnabled: true }));
    } else {
      await assertPitr(this.#client, table, region, this.#context);
    }
    const { serverTimeMs: requestedMs } = await this.#untilDue();
    return this.#newToken(requestedMs);
  }

  async #newToken(requestedMs: number): Promise<AskedExport> {
    const destination = destinationOf(this.#options.request);
    const asked = { clientToken: randomUUID(), requestedMs, destination, exportArn: null };
    await this.#note({ asked });
    return asked;
  }

  /** Rule C1: the slack is over by the service's own clock. */
  async #untilDue(): Promise<LiveTable> {
    const { clock, log, signal } = this.#context;
    for (let first = true; ; first = false) {
      const live = await this.#live();
      const restMs = (this.#asked.notBeforeMs ?? live.serverTimeMs) - live.serverTimeMs;
      if (restMs <= 0) return live;
      if (first) {
        const seconds = Math.ceil(restMs / 1000);
        log.info(
          { table: this.#table.table, seconds },
          'waiting for the slack before the export is asked for',
        );
      }
      await clock.sleep(Math.min(WAIT_MS, Math.max(WAIT_LEAST_MS, restMs)), signal);
    }
  }

  /** @returns the export's ARN, noted */
  async #ask(asked: AskedExport): Promise<string> {
    const { table } = this.#table;
    const { log } = this.#context;
    const { arn: tableArn } = await this.#live();
    if (tableArn === '') {
      throw new ConnectError('EXPORT_UNSUPPORTED', `Table ${table} has no ARN`, { detail: { table } });
    }
    const own = destinationOf(this.#options.request);
    let exportArn: string;
    try {
      exportArn = await this.#request(tableArn, asked);
    } catch (error) {
      // An earlier request to another place was never accepted: then the file's own place is asked for.
      if (isSameDestination(asked.destination, own) || !isRefusal(error)) throw this.#fault(error);
      return this.#ask(await this.#newToken((await this.#live()).serverTimeMs));
    }
    await this.#note({ asked: { ...asked, exportArn } });
    const { bucket, prefix } = asked.destination;
    log.info({ table, export: exportArn, bucket, prefix }, 'export asked for');
    return exportArn;
  }

  async #request(tableArn: string, { clientToken, destination }: AskedExport): Promise<string> {
    const { clock, signal } = this.#context;
    const request = { tableArn, clientToken, ...destination };
    // The token makes the request repeatable, though it is a write.
    const ask = () => retried(() => this.#client.request(request, signal).catch(atLimit), { clock, signal });
    const { arn } = await this.#onceThereIsRoom(() =>
      onceBackedUp(this.#notes.pitrEnabled, this.#context, ask),
    );
    if (arn === null) throw new DynamoDbError('CORRUPT_ANSWER', 'the export has no ARN');
    return arn;
  }

  /** Of a thousand tables the first hundreds are exported, and the others as these are complete. */
  async #onceThereIsRoom<T>(ask: () => Promise<T>): Promise<T> {
    const { clock, log, signal } = this.#context;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof LimitReached)) throw error;
        const { table } = this.#table;
        log.warn({ table }, `AWS makes no more exports of this account at once; waiting: ${error.message}`);
      }
      await clock.sleep(LIMIT_PAUSE_MS, signal);
    }
  }

  async #read(state: ExportState, exportArn: string, asked: AskedExport): Promise<RequestedExport> {
    const { table } = this.#table;
    const detail = { table, export: exportArn };
    if (state.status === 'FAILED') {
      const code = state.failureCode ?? 'no code';
      await this.#asked.note(writeFailure(this.#notes, code));
      throw exportFailed(table, exportArn, code, state.failureMessage);
    }
    const partial = partOf(state);
    if (partial !== null) {
      await this.#asked.note(writeFailure(this.#notes, 'EXPORT_PARTIAL'));
      throw new ConnectError('EXPORT_PARTIAL', `The export ${exportArn} of table ${table} ${partial}`, {
        detail,
      });
    }
    const key = state.manifestKey ?? manifestKey(exportArn, state.prefix ?? asked.destination.prefix);
    const summary = { bucket: state.bucket ?? asked.destination.bucket, key };
    this.#context.log.info({ ...detail, manifest: key }, 'export complete');
    return { summary, arn: exportArn, exportMs: state.exportMs };
  }

  /** An export that nobody knows (any more) has failed; everything else is thrown on. */
  async #lost(error: unknown, exportArn: string): Promise<never> {
    if (!(error instanceof DynamoDbError)) throw error;
    await this.#asked.note(writeFailure(this.#notes, error.code));
    throw exportFailed(this.#table.table, exportArn, error.code, null);
  }

  async #note(changed: Partial<RequestNotes>): Promise<void> {
    this.#notes = { ...this.#notes, ...changed };
    await this.#asked.note(writeNotes(this.#notes));
  }

  async #live(): Promise<LiveTable> {
    const { clock, signal } = this.#context;
    const { table } = this.#table;
    let live: LiveTable;
    try {
      live = await retried(() => this.#client.describeTable(table, signal), { clock, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw requestFault(error, `Looking at table ${table}`, { table });
    }
    assertSameTable(this.#table, live.id);
    return live;
  }

  #fault(error: unknown): unknown {
    this.#context.signal.throwIfAborted();
    const { table } = this.#table;
    const off = error instanceof DynamoDbError && error.code === 'PointInTimeRecoveryUnavailableException';
    if (off) return pitrOff(table, this.#options.region);
    const { bucket } = this.#notes.asked?.destination ?? this.#options.request;
    return requestFault(error, `Asking for an export of table ${table} to bucket ${bucket}`, {
      table,
      bucket,
    });
  }
}

/** As many exports are being made as an account may have: 300, or 100 TB (developer guide: Service quotas). */
class LimitReached extends Error {
  override readonly name = 'LimitReached';
}

/** For the request's `catch`: what is over in hours is not tried again within seconds. */
function atLimit(error: unknown): never {
  if (!(error instanceof DynamoDbError) || error.code !== 'LimitExceededException') throw error;
  throw new LimitReached(error.message, { cause: error });
}

/** The service has understood the request, and not done it. */
function isRefusal(error: unknown): boolean {
  return error instanceof DynamoDbError && !error.retryable && !error.outcomeUnknown;
}

/** What an export holds but the whole table; null: it is the whole one. */
function partOf({ type, filtered }: ExportState): string | null {
  if (filtered) return 'was made with a filter';
  return type === null || type === 'FULL_EXPORT' ? null : `is of type ${type}`;
}

/** Where a manifest lies (developer guide: DynamoDB table export output format), should DescribeExport not say. */
function manifestKey(exportArn: string, prefix: string | null): string {
  const id = exportArn.slice(exportArn.lastIndexOf('/') + 1);
  return `${prefix === null ? '' : `${prefix}/`}AWSDynamoDB/${id}/manifest-summary.json`;
}
