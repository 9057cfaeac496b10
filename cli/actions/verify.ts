import { writeFile } from 'node:fs/promises';
import { isGlob, isSelected } from '../../connectors/table-globs.ts';
import { PATIENCE_MS, QUIET_MS } from '../../migration/verify/repair.ts';
import { verify } from '../../migration/verify/verify.ts';
import type { VerifyOptions } from '../commands/verify.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { verifyRows } from './verify-rows.ts';
import { verifyTable } from './verify-table.ts';
import { checkWritable } from './writable.ts';

export async function runVerify(session: Session, options: VerifyOptions): Promise<ExitCode> {
  const migration = await session.load(options.file, {
    needsSnapshot: true,
    needsSource: options.against !== 'topics',
  });
  const { tables, keysFile, reportFile } = options;
  const entries = migration.source.tables;
  const unknown = tables.find((table) => !isSelected(entries, table));
  if (unknown !== undefined) {
    throw new UsageError(`Table ${unknown} is not in ${options.file}`, 'Name a table of source.tables.');
  }
  if (keysFile !== null && tables.length !== 1 && (entries.length !== 1 || entries.some(isGlob))) {
    throw new UsageError('--keys needs to know the table', 'Name it with --table.');
  }
  if (reportFile !== null) await checkWritable(reportFile, '--report');
  const report = await verify(migration, {
    ...options,
    against: options.against ?? (migration.source.snapshot.from === 'none' ? 'topics' : 'source'),
    repair: options.repair ? { quietMs: QUIET_MS, patienceMs: PATIENCE_MS } : null,
    signal: session.signal,
    log: session.log,
    onProgress: verifyRows((rows) => session.progress.update(rows)),
  });
  session.progress.done();
  if (session.globals.json) session.printJson(report);
  else session.print(verifyTable(report));
  if (reportFile !== null) await writeReport(reportFile, report);
  return report.equal ? exitCodes.done : exitCodes.differences;
}

async function writeReport(file: string, report: unknown): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(
      `The report cannot be written: ${why}`,
      'Name a file that can be written with --report.',
    );
  }
}
