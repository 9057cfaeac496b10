import { isSelected } from '../../connectors/table-globs.ts';
import type { Migration } from '../../migration/config/defaults.ts';
import { replay } from '../../migration/replay/replay.ts';
import type { ReplayOptions } from '../commands/replay.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { replayDocument, replayText } from './replay-text.ts';

export async function runReplay(session: Session, options: ReplayOptions): Promise<ExitCode> {
  const { file, from, tables, recreate } = options;
  checkStart(options);
  const migration = await session.load(file, { needsSnapshot: true, needsSource: false });
  checkPossible(migration, options);
  const stranger = tables.find((table) => !isSelected(migration.source.tables, table));
  if (stranger !== undefined) {
    throw new UsageError(`Table ${stranger} is not in ${file}`, 'Name a table of source.tables.');
  }
  const { signal, log } = session;
  const replayed = await replay(migration, { from, tables, recreate, signal, log });
  if (session.globals.json) session.printJson(replayDocument(replayed, from));
  else session.print(replayText(replayed, from));
  return exitCodes.done;
}

function checkStart({ from, recreate }: ReplayOptions): void {
  if (from.at !== 'time') return;
  if (recreate) {
    throw new UsageError(
      'replay --recreate begins with the snapshot: a new table needs all of it',
      'Leave out --from, or --recreate.',
    );
  }
  if (from.timeMs > Date.now()) {
    throw new UsageError(
      `replay --from ${new Date(from.timeMs).toISOString()} lies in the future`,
      'Name a time in UTC, or with its zone, such as 2026-11-21T01:00:00+01:00.',
    );
  }
}

/** What contradicts the file; the catalog is asked later. */
function checkPossible({ source, target }: Migration, { from, recreate }: ReplayOptions): void {
  if (from.at === 'time' && source.changes === 'none') {
    throw new UsageError(
      'replay --from TIME writes changes again, but source.changes is none',
      'Leave out --from: the snapshot is written again.',
    );
  }
  if (!recreate) return;
  if (!target.createTables) {
    throw new UsageError(
      'replay --recreate drops tables that nobody would create again: target.createTables is false',
      'Set target.createTables: true; or empty the tables yourself, and replay without --recreate.',
    );
  }
  if (source.snapshot.from === 'none' && target.existing === 'keep') {
    throw new UsageError(
      'replay --recreate would drop rows that the topics do not hold: source.snapshot.from is none and target.existing is keep',
      'Replay without --recreate; or set target.existing: refuse, if the tables held nothing before.',
    );
  }
}
