import { systemClock } from '../../connectors/clock.ts';
import type { Logger } from '../../connectors/log.ts';
import type { ControlClient } from '../../dynamodb/control-client.ts';
import { credentialProvider } from '../../dynamodb/credentials.ts';
import { describeStream } from '../../dynamodb/shards.ts';
import { describeTable } from '../../dynamodb/tables.ts';
import type { S3Options } from '../../source/export/object-store.ts';
import { sourceFault } from '../../source/faults.ts';
import { readRate, TablePaces } from '../../source/scan/read-rate.ts';
import type { Migration } from '../config/defaults.ts';
import { accessOf, sourceClients } from '../source-access.ts';
import { type ExportProgress, type ExportResult, exportTable } from './export.ts';

export interface ExportOfMigration {
  readonly table: string;
  /** `s3://bucket/prefix` or `file:///directory`. */
  readonly to: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** @param total items, as the source estimates them */
  onProgress(progress: ExportProgress, total: number | null): void;
}

/** Exports a table of a migration with the migration's own access to the source, rate and S3. */
export async function exportOfMigration(
  migration: Migration,
  options: ExportOfMigration,
): Promise<ExportResult> {
  const { table, to, signal, log, onProgress } = options;
  const { control, tables: client } = sourceClients(migration);
  const { segments, readCapacity, slackSeconds } = migration.source.snapshot;
  const { live, stream } = await lookAt(control, table, signal);
  if (migration.source.changes === 'streams') {
    const warning = unprovable(table, stream, live.serverTimeMs, slackSeconds);
    if (warning !== null) log.warn({ table }, warning);
  }
  return exportTable({
    client,
    control,
    table,
    to,
    s3: s3Options(migration),
    segments,
    pace: new TablePaces(systemClock).of(table, readRate(readCapacity, live.billing)),
    signal,
    onProgress: (progress) => onProgress(progress, live.itemCount),
  });
}

async function lookAt(control: ControlClient, table: string, signal: AbortSignal) {
  try {
    const live = await describeTable(control, table, signal);
    if (!live.stream?.enabled) return { live, stream: null };
    const { createdMs } = await describeStream(control, live.stream.arn, { limit: 1, signal });
    return { live, stream: { createdMs } };
  } catch (error) {
    signal.throwIfAborted();
    throw sourceFault(error, `Describing table ${JSON.stringify(table)}`, { table });
  }
}

/**
 * Why a migration could not prove coverage for an export that begins now (rule C1); null: it could.
 *
 * @param stream null: there is none, or it is disabled
 */
export function unprovable(
  table: string,
  stream: { readonly createdMs: number | null } | null,
  serverTimeMs: number,
  slackSeconds: number,
): string | null {
  const remedy = `a migration with changes: streams will refuse this export (snapshot.slackSeconds ${slackSeconds})`;
  if (stream === null) return `Table ${table} has no stream: ${remedy}; enable one before the export`;
  const aheadSeconds = (serverTimeMs - (stream.createdMs ?? serverTimeMs)) / 1000;
  if (aheadSeconds >= slackSeconds) return null;
  return `The stream of table ${table} is only ${Math.floor(aheadSeconds)} s old: ${remedy}; wait before the export`;
}

function s3Options(migration: Migration): S3Options {
  const { region, endpoint, forcePathStyle } = migration.source.snapshot.s3 ?? {};
  const access = accessOf(migration);
  const s3Region = region ?? access.region;
  return {
    region: s3Region,
    endpoint,
    forcePathStyle,
    credentials: credentialProvider(access.credentials, s3Region),
  };
}
