import type { Leftover } from '../../migration/cleanup/leftover.ts';
import { findLeftovers, type Leftovers } from '../../migration/cleanup/leftovers.ts';
import { assertNotRunning, removeLeftovers } from '../../migration/cleanup/remove.ts';
import { connectKafka } from '../../migration/kafka-client.ts';
import type { CleanupOptions } from '../commands/cleanup.ts';
import { confirm } from '../confirm.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { cleanupText } from './cleanup-text.ts';

export async function runCleanup(session: Session, options: CleanupOptions): Promise<ExitCode> {
  const { keepSource } = options;
  const { signal, log } = session;
  const migration = await session.load(options.file, { needsSnapshot: false, needsSource: !keepSource });
  await using kafka = await connectKafka(migration, log);
  const found = await findLeftovers(migration, kafka, { keepSource, signal });
  await assertNotRunning(kafka, migration, found.sinks);
  if (found.remove.length === 0) {
    tell(session, migration.name, [], found);
    return exitCodes.done;
  }
  if (!options.yes && !(await isWanted(session, migration.name, found))) return exitCodes.done;
  const removed: Leftover[] = [];
  try {
    await removeLeftovers(migration, kafka, found, signal, (one) => removed.push(one));
  } finally {
    tell(session, migration.name, removed, found);
  }
  return exitCodes.done;
}

/** Lists what would go, and asks. */
async function isWanted(session: Session, name: string, found: Leftovers): Promise<boolean> {
  const { remove, keep } = found;
  const title = `Messina made these for ${name}:`;
  session.stderr.write(`${cleanupText(title, remove, keep)}\n`);
  const answer = await confirm(session, `Remove ${remove.length}? What the topics hold is lost.`);
  if (answer === null) {
    throw new UsageError('cleanup removes what is listed above', 'Confirm with --yes.');
  }
  if (!answer) session.stderr.write('Nothing was removed.\n');
  return answer;
}

function tell(session: Session, migration: string, removed: readonly Leftover[], { keep }: Leftovers): void {
  if (session.globals.json) session.printJson({ migration, removed, kept: keep });
  const title = removed.length === 0 ? `Nothing of ${migration} was removed.` : `Removed of ${migration}:`;
  session.print(cleanupText(title, removed, keep));
}
