import type { MigrationStatus, TableStatus } from '../../migration/status.ts';
import type { ProgressRow } from '../progress.ts';
import { bytesText, durationText } from './quantities.ts';
import { dealtWith } from './status-table.ts';

/** Turns states, as they come, into rows with a rate of the last seconds. */
export function progressRows(
  now: () => number = () => performance.now(),
  wallClock: () => number = Date.now,
): (status: MigrationStatus) => ProgressRow[] {
  const history = new Map<string, { at: number; done: number }[]>();
  return (status) =>
    status.tables.map((table) => {
      const done = dealtWith(table.snapshot) + dealtWith(table.changes);
      const seen = history.get(table.table) ?? [];
      seen.push({ at: now(), done });
      if (seen.length > 6) seen.shift();
      history.set(table.table, seen);
      const [first] = seen;
      const seconds = first ? (now() - first.at) / 1000 : 0;
      const rate = first && seconds > 0 ? (done - first.done) / seconds : 0;
      return {
        label: table.table,
        phase: table.phase,
        done,
        total: totalOf(table),
        rate,
        note: noteOf(table, wallClock()),
      };
    });
}

/** Null before there is anything to do: nobody knows how much it will be. */
function totalOf({ phase, snapshot, changes }: TableStatus): number | null {
  if (phase === 'waiting' || phase === 'capturing' || phase === 'exporting') return null;
  return snapshot.published + changes.published;
}

function noteOf({ phase, changes, snapshot, lastError, ...table }: TableStatus, nowMs: number): string {
  if (lastError) return `${lastError.code}: ${lastError.message}`;
  if (phase === 'exporting') return exportNote(table.export, nowMs);
  if (phase === 'loading') return `${snapshot.filesPublished}/${snapshot.files} files`;
  return changes.lagSeconds === null ? '' : `lag ${changes.lagSeconds.toFixed(1)} s`;
}

/** AWS tells nothing of how far an export is: how long it takes so far, and of what size, is all there is to say. */
function exportNote(awaited: TableStatus['export'], nowMs: number): string {
  if (awaited === null) return 'waiting for the slack';
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(awaited.requested)) / 1000));
  const size = awaited.bytes === null ? '' : ` of ${bytesText(awaited.bytes)}`;
  return `export${size} asked for ${durationText(seconds)} ago; AWS tells no progress`;
}
