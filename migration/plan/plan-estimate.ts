/** Assumed, until a run shows better: what one sink task writes of small items. */
const ITEMS_PER_SECOND = 5_000;
/** A strongly consistent read unit (DynamoDB developer guide: read consumption of Scan). */
const UNIT_BYTES = 4096;

export interface Estimate {
  /** Of loading the snapshot, the wait of `slackSeconds` before a scan included; null: nobody knows the size. */
  readonly seconds: number | null;
  /** What the estimate assumes of all sink tasks together. */
  readonly itemsPerSecond: number;
  /** Read units that the scan consumes of the source table; 0 where it is not scanned, null: nobody knows. */
  readonly readUnits: number | null;
  /** The scan's rate; null where nothing is scanned. */
  readonly readUnitsPerSecond: number | null;
}

export interface Size {
  readonly items: number | null;
  readonly bytes: number | null;
}

export interface Effort {
  readonly sinkTasks: number;
  /** The cap of one task; null: none. */
  readonly writesPerSecond: number | null;
  /** Null: the table is not scanned. */
  readonly scan: { readonly unitsPerSecond: number; readonly slackSeconds: number } | null;
}

/** How long the load takes and what it costs the source: a round number to plan by, not a promise. */
export function estimate({ items, bytes }: Size, { sinkTasks, writesPerSecond, scan }: Effort): Estimate {
  const itemsPerSecond = Math.min(ITEMS_PER_SECOND, writesPerSecond ?? ITEMS_PER_SECOND) * sinkTasks;
  const readUnits = scan === null ? 0 : bytes === null ? null : Math.ceil(bytes / UNIT_BYTES);
  const writing = items === null ? null : items / itemsPerSecond;
  const reading = scan === null || readUnits === null ? 0 : readUnits / scan.unitsPerSecond;
  // Reading and writing overlap: the slower one decides.
  const seconds = writing === null ? null : Math.ceil(Math.max(writing, reading) + (scan?.slackSeconds ?? 0));
  return { seconds, itemsPerSecond, readUnits, readUnitsPerSecond: scan?.unitsPerSecond ?? null };
}
