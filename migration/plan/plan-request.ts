import type { TaskContext } from '../../connectors/connector.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { describeContinuousBackups } from '../../dynamodb/tables.ts';
import type { SourceClients } from '../../source/access.ts';
import { urlOf } from '../../source/export/locate.ts';
import { awaitedExport } from '../awaited-export.ts';
import type { Migration } from '../config/defaults.ts';

/** The export that `migrate` asks AWS for. */
export interface RequestPlan {
  /** s3://bucket/prefix. */
  readonly to: string;
  /** The one that was asked for already; null: none was. */
  readonly asked: string | null;
  /** Point-in-time recovery; null: not known. */
  readonly pitr: {
    readonly enabled: boolean;
    /** `migrate` turns it on. */
    readonly enable: boolean;
    readonly earliest: string | null;
    readonly latest: string | null;
  } | null;
}

/** Null: no export is asked for. What is in the way of it, the connector's check says. */
export async function lookAtRequest(
  migration: Migration,
  { control }: SourceClients,
  catalog: Catalog | null,
  table: string,
  { signal }: TaskContext,
): Promise<RequestPlan | null> {
  const { from, s3, enablePitr } = migration.source.snapshot;
  if (from !== 'export' || s3?.bucket === undefined) return null;
  const backups = await describeContinuousBackups(control, table, signal).catch(() => null);
  signal.throwIfAborted();
  const epoch = catalog?.table(table)?.epoch.number ?? 1;
  return {
    to: s3.prefix === undefined ? `s3://${s3.bucket}` : urlOf({ bucket: s3.bucket, key: s3.prefix }),
    asked: (catalog && awaitedExport(catalog, table, epoch)?.arn) ?? null,
    pitr: backups && {
      enabled: backups.enabled,
      enable: !backups.enabled && enablePitr,
      earliest: time(backups.earliestMs),
      latest: time(backups.latestMs),
    },
  };
}

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
