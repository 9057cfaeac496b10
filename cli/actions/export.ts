import { isSelected } from '../../connectors/table-globs.ts';
import { exportOfMigration } from '../../migration/export/export-table.ts';
import type { ExportOptions } from '../commands/export.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { bytesText, countText, durationText } from './quantities.ts';

export async function runExport(session: Session, options: ExportOptions): Promise<ExitCode> {
  const { file, table, to } = options;
  const migration = await session.load(file, { needsSnapshot: false });
  if (!isSelected(migration.source.tables, table)) {
    throw new UsageError(`Table ${table} is not in ${file}`, 'Name a table of source.tables.');
  }
  const { signal, log, progress } = session;
  const begunMs = performance.now();
  const { manifest, items, bytes, files, exportTimeMs, seconds } = await exportOfMigration(migration, {
    table,
    to,
    signal,
    log,
    onProgress: (now, total) => {
      const rate = (now.items / Math.max(1, performance.now() - begunMs)) * 1000;
      const note = `${countText(now.files)} files, ${bytesText(now.bytes)}`;
      progress.update([{ label: table, phase: 'exporting', done: now.items, total, rate, note }]);
    },
  });
  progress.done();
  const exportTime = new Date(exportTimeMs).toISOString();
  if (session.globals.json) session.printJson({ table, manifest, items, bytes, files, exportTime, seconds });
  else {
    const what = `${countText(items)} items in ${countText(files)} ${files === 1 ? 'file' : 'files'}`;
    session.print(
      `Exported ${table} as of ${exportTime}: ${what}, ${bytesText(bytes)}, in ${durationText(Math.ceil(seconds))}`,
    );
    session.print(manifest);
  }
  return exitCodes.done;
}
