import { isSelected } from '../../connectors/table-globs.ts';
import { listLetters } from '../../migration/dead-letters/list.ts';
import { retryLetters } from '../../migration/dead-letters/retry.ts';
import { showLetters } from '../../migration/dead-letters/show.ts';
import type { DeadLettersOptions } from '../commands/dead-letters.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { listText, retriedDocument, retriedText, shownText } from './dead-letters-text.ts';

export async function runDeadLetters(session: Session, options: DeadLettersOptions): Promise<ExitCode> {
  const { file, what, tables } = options;
  const migration = await session.load(file);
  const stranger = tables.find((table) => !isSelected(migration.source.tables, table));
  if (stranger !== undefined) {
    throw new UsageError(`Table ${stranger} is not in ${file}`, 'Name a table of source.tables.');
  }
  const print = (document: unknown, text: string) =>
    session.globals.json ? session.printJson(document) : session.print(text);
  const request = { ...options, signal: session.signal, log: session.log };
  if (what === 'list') {
    const list = await listLetters(migration, request);
    print(list, listText(list, options.reason));
    return exitCodes.done;
  }
  if (what === 'show') {
    const shown = await showLetters(migration, request);
    print(shown, shownText(shown, options.reason));
    return exitCodes.done;
  }
  const retried = await retryLetters(migration, request);
  print(retriedDocument(retried), retriedText(retried, options.reason));
  if (retried.halted !== null) throw retried.halted;
  return retried.tables.some(({ failed }) => failed > 0) ? exitCodes.failed : exitCodes.done;
}
