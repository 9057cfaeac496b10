import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Filled, filledItems, loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload, type Workload } from '../../workload/workload.ts';
import type { ProgressRow } from '../progress.ts';
import { fileName, fileOf, follow, messina, type Stage, sourceTable, writeMigrationFile } from './stage.ts';
import { grouped } from './story.ts';
import { enableStream } from './table-stream.ts';

/** Creates the table, still without a stream, and fills it. */
export async function fillTable(stage: Stage): Promise<void> {
  const { story, session, settings } = stage;
  const { items, seed, table } = settings;
  await story.step(
    `Create table ${table} and load ${grouped(items)} items of all ten types`,
    async ({ show }) => {
      await createMusicTable(sourceTable(stage));
      const begunMs = performance.now();
      const rate = (done: number) => (done * 1000) / Math.max(1, performance.now() - begunMs);
      const onProgress = (filled: Filled) => {
        const done = filledItems(filled);
        show([{ label: table, phase: 'filling', done, total: items, rate: rate(done), note: '' }]);
      };
      await loadItems({ ...sourceTable(stage), items, seed, signal: session.signal, onProgress });
      session.signal.throwIfAborted();
      return [undefined, `${grouped(rate(items))} items/s`];
    },
  );
}

/** Begins the capture (rule C1: before any export) and the changes. The table's stream keeps 24 hours of them. */
export async function capture(stage: Stage): Promise<Workload> {
  const { story, settings } = stage;
  return story.step('Enable its stream, and let an application write to it', async () => {
    await enableStream(sourceTable(stage));
    const { rate, seed, items } = settings;
    const workload = startWorkload({ ...sourceTable(stage), rate, seed, items });
    return [workload, `${grouped(rate)} puts, updates, replacements and deletes a second from now on`];
  });
}

/** Waits out the slack, takes an export, and names it in the migration file. */
export async function exportTable(stage: Stage, workload: Workload): Promise<void> {
  const { story, settings, directory } = stage;
  const row = workloadRow(workload);
  await story.step(`Wait the slack of ${settings.slackSeconds} s`, async ({ show }) => {
    // A second more: the stream's creation time is told in whole seconds.
    const endMs = performance.now() + (settings.slackSeconds + 1) * 1000;
    for (; performance.now() < endMs; await story.pause(100)) show([row()]);
    return [undefined, 'the stream and the export will overlap'];
  });
  await writeMigrationFile(stage, null);
  const to = pathToFileURL(join(directory, 'export')).href;
  await story.step(`messina export ${fileName} --table ${settings.table} --to ${to}`, async (telling) => {
    await using child = messina(stage, [
      'export',
      fileOf(stage),
      '--table',
      settings.table,
      '--to',
      to,
      '--json',
    ]);
    const { stdout } = await follow(stage, child, telling, () => [row()]);
    const exported = JSON.parse(stdout) as { manifest: string; items: number; files: number };
    await writeMigrationFile(stage, exported.manifest);
    return [
      undefined,
      `${grouped(exported.items)} items in ${exported.files} files; now named in ${fileName}`,
    ];
  });
}

/** The workload as a row of progress. */
export function workloadRow(workload: Workload): () => ProgressRow {
  const begunMs = performance.now();
  const before = workload.counts().operations;
  return () => {
    const done = workload.counts().operations;
    const rate = ((done - before) * 1000) / Math.max(1, performance.now() - begunMs);
    return { label: 'application', phase: 'writing', done, total: null, rate, note: '' };
  };
}
