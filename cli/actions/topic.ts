import { once } from 'node:events';
import { Writable } from 'node:stream';
import { isSelected } from '../../connectors/table-globs.ts';
import { readTopic } from '../../migration/topic.ts';
import type { TopicOptions } from '../commands/topic.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { ProgressStream } from '../progress.ts';
import type { Session } from '../session.ts';

export async function runTopic(session: Session, options: TopicOptions): Promise<ExitCode> {
  const migration = await session.load(options.file, { needsSnapshot: true, needsSource: false });
  const { table, kind, from, recordsMax, follow } = options;
  if (!isSelected(migration.source.tables, table)) {
    throw new UsageError(`Table ${table} is not in ${options.file}`, 'Name a table of source.tables.');
  }
  if (from.at === 'offset' && from.partition >= migration.kafka.partitions) {
    throw new UsageError(
      `Topics of this migration have no partition ${from.partition}`,
      `Name one of 0 to ${migration.kafka.partitions - 1}.`,
    );
  }
  const { signal, log } = session;
  const asked = { table, kind, from, recordsMax, follow, signal, log };
  for await (const lines of readTopic(migration, asked)) {
    await write(session.stdout, Buffer.concat(lines).toString());
  }
  return exitCodes.done;
}

/** Waits for a reader that is slower than we are. */
async function write(stream: ProgressStream, text: string): Promise<void> {
  const room = stream.write(text);
  if (room === false && stream instanceof Writable) await once(stream, 'drain');
}
