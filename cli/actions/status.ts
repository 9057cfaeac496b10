import { waitForStatus } from '../../migration/wait-status.ts';
import type { StatusOptions } from '../commands/status.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Session } from '../session.ts';
import { progressRows } from './progress-rows.ts';
import { statusTable } from './status-table.ts';

export async function runStatus(session: Session, options: StatusOptions): Promise<ExitCode> {
  const migration = await session.load(options.file, { needsSnapshot: true, needsSource: false });
  const rows = progressRows();
  const { status, reached } = await waitForStatus(migration, {
    wait: options.wait,
    timeoutSeconds: options.timeoutSeconds,
    signal: session.signal,
    log: session.log,
    onStatus: (now) => void (options.wait && session.progress.update(rows(now))),
  });
  session.progress.done();
  if (session.globals.json) session.printJson(status);
  else session.print(statusTable(status));
  return reached ? exitCodes.done : exitCodes.refused;
}
