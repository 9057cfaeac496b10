import { isSelected } from '../../connectors/table-globs.ts';
import type { Migration } from '../../migration/config/defaults.ts';
import { migrate } from '../../migration/run.ts';
import { isAt } from '../../migration/wait-status.ts';
import type { MigrateOptions } from '../commands/migrate.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { progressRows } from './progress-rows.ts';
import { statusTable } from './status-table.ts';

export async function runMigrate(session: Session, options: MigrateOptions): Promise<ExitCode> {
  const migration = await session.load(options.file, {
    needsSnapshot: true,
    needsSource: !options.sinksOnly,
  });
  checkNewSnapshots(migration, options);
  const rows = progressRows();
  const status = await migrate(migration, {
    until: options.until,
    sinksOnly: options.sinksOnly,
    newSnapshots: options.newSnapshots,
    signal: session.signal,
    log: session.log,
    onStatus: (now) => session.progress.update(rows(now)),
  });
  session.progress.done();
  if (session.globals.json) session.printJson(status);
  else session.print(statusTable(status));
  const reached = options.until === null || status.tables.every((one) => isAt(one, options.until));
  return reached ? exitCodes.done : exitCodes.interrupted;
}

function checkNewSnapshots({ source }: Migration, { newSnapshots, sinksOnly }: MigrateOptions): void {
  if (newSnapshots.length === 0) return;
  if (sinksOnly) {
    throw new UsageError(
      '--new-snapshot with --sinks-only: a snapshot needs the source',
      'Leave one of them out.',
    );
  }
  if (source.snapshot.from === 'none') {
    throw new UsageError(
      '--new-snapshot, but source.snapshot.from is none',
      'Name a snapshot in the file (scan, manifest or export).',
    );
  }
  const unknown = newSnapshots.find((table) => !isSelected(source.tables, table));
  if (unknown === undefined) return;
  throw new UsageError(`--new-snapshot ${unknown}: the file does not name this table`, 'Correct the name.');
}
