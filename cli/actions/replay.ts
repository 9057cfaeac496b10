import { isSelected } from '../../migration/config/globs.ts';
import { replay } from '../../migration/replay.ts';
import type { ReplayOptions } from '../commands/replay.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { replayDocument, replayText } from './replay-text.ts';

export async function runReplay(session: Session, options: ReplayOptions): Promise<ExitCode> {
  const { file, from, tables, recreate } = options;
  if (recreate && from.at === 'time') {
    throw new UsageError(
      'replay --recreate begins with the snapshot: a new table needs all of it',
      'Leave out --from, or --recreate.',
    );
  }
  const migration = await session.load(file);
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
