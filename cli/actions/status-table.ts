import type { MigrationStatus } from '../../migration/status.ts';

interface Outcomes {
  readonly written: number;
  readonly superseded: number;
  readonly filtered: number;
  readonly deadLettered: number;
}

export const dealtWith = (one: Outcomes): number =>
  one.written + one.superseded + one.filtered + one.deadLettered;

/** The state for people: a line per table, and what is wrong below it. */
export function statusTable(status: MigrationStatus): string {
  const head = ['table', 'phase', 'rows', 'written', 'changes', 'written', 'dead letters', 'lag s'];
  const rows = status.tables.map((one) => [
    one.table,
    one.phase,
    String(one.snapshot.published),
    String(dealtWith(one.snapshot)),
    String(one.changes.published),
    String(dealtWith(one.changes)),
    String(one.snapshot.deadLettered + one.changes.deadLettered),
    one.changes.lagSeconds === null ? '-' : one.changes.lagSeconds.toFixed(1),
  ]);
  const errors = status.tables.flatMap(({ table, lastError }) =>
    lastError ? [`${table}: ${lastError.code}: ${lastError.message}\n  → ${lastError.hint}`] : [],
  );
  const exports = status.tables.flatMap((one) =>
    one.export === null
      ? []
      : [
          `${one.table}: export ${one.export.arn ?? 'without an answer yet'}, asked for at ${one.export.requested}`,
        ],
  );
  const repairs = status.tables.flatMap(({ table, awaitsRepair }) =>
    awaitsRepair
      ? [
          `${table}: came in incremental windows, and is ready when it was compared with its source: messina verify FILE --repair (migrate does it itself)`,
        ]
      : [],
  );
  return [
    `${status.migration} → ${status.target}: ${status.phase}`,
    ...columns([head, ...rows]),
    ...exports,
    ...repairs,
    ...errors,
    ...(status.notClaimed === null ? [] : [status.notClaimed]),
  ].join('\n');
}

/** @param texts columns of text, aligned left, before the numbers */
export function columns(rows: readonly (readonly string[])[], texts = 2): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < texts ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
