import type { Replayed, ReplayedTable } from '../../migration/replay/replay.ts';
import type { ReplayStart } from '../option-values.ts';

/** What was moved, as one JSON document. */
export function replayDocument({ migration, target, tables }: Replayed, from: ReplayStart) {
  return {
    migration,
    target,
    from: from.at === 'time' ? new Date(from.timeMs).toISOString() : from.at,
    tables: tables.map(({ table, targetTable, dropped, partitions, loading }) => ({
      table,
      targetTable,
      dropped,
      loading,
      partitions: partitions.map(({ partition, before, after }) => ({
        partition,
        snapshot: { from: before.snapshot.position, to: after.snapshot.position },
        // Below `to` changes are read through, and counted as superseded.
        changes: { from: before.changes.position, to: after.changes.writeFrom },
      })),
    })),
  };
}

/** What was moved, for people. */
export function replayText({ migration, tables }: Replayed, from: ReplayStart): string {
  const lines = tables.flatMap((table) => [line(table, from), ...loadingLine(table)]);
  const next = `The next \`messina migrate\` of ${migration} writes them again.`;
  return [...lines, next].join('\n');
}

function line(moved: ReplayedTable, from: ReplayStart): string {
  const { table, targetTable, dropped, partitions } = moved;
  const gone = dropped ? `; target table ${targetTable} is dropped` : '';
  return `${table}: ${count(partitions.length)} moved back to ${placeOf(moved, from)}${gone}`;
}

function placeOf({ isEventsOnly }: ReplayedTable, from: ReplayStart): string {
  if (from.at === 'time') return `the changes from ${new Date(from.timeMs).toISOString()} on`;
  if (isEventsOnly) return 'the first change in the topics';
  return from.at === 'earliest' ? 'the first snapshot of its epoch' : 'the current snapshot';
}

function loadingLine({ table, loading }: ReplayedTable): string[] {
  if (loading === 0) return [];
  return [
    `${table}: ${count(loading)} left as they are: still loading the snapshot, no change is written yet`,
  ];
}

const count = (partitions: number) => `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
