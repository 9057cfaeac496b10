import type { Catalog } from '../connectors/runtime/catalog.ts';

/** An export that a table waits for. */
export interface AwaitedExport {
  /** When it was asked for, by the clock of the source. */
  readonly requested: string;
  /** Null: AWS has not answered yet. */
  readonly arn: string | null;
  /** Size of the table; AWS tells no more of how long it takes. Null: not known. */
  readonly bytes: number | null;
}

/** What the snapshot's connector noted in the catalog; null: no export is under way, or it failed. */
export function awaitedExport(catalog: Catalog, table: string, epoch: number): AwaitedExport | null {
  const { requestedMs, exportArn } = catalog.request(table, epoch)?.facts ?? {};
  if (typeof requestedMs !== 'number') return null;
  return {
    requested: new Date(requestedMs).toISOString(),
    arn: typeof exportArn === 'string' ? exportArn : null,
    bytes: catalog.table(table)?.facts.sizeBytes ?? null,
  };
}
