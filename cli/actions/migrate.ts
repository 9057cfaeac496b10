import { isAt, migrate } from '../../migration/run.ts';
import type { MigrateOptions } from '../commands/migrate.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Session } from '../session.ts';
import { progressRows } from './progress-rows.ts';
import { statusTable } from './status-table.ts';

export async function runMigrate(session: Session, options: MigrateOptions): Promise<ExitCode> {
  const migration = await session.load(options.file);
  const rows = progressRows();
  const status = await migrate(migration, {
    until: options.until,
    sinksOnly: options.sinksOnly,
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
