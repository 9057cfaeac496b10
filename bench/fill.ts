import { type ExportOnDisk, writeExport } from './export-files.ts';
import { runJob } from './processes.ts';
import { partitions, scratchDirectory } from './settings.ts';
import type { Shape } from './shapes.ts';
import { createTopic } from './topics.ts';

export interface Filled {
  readonly name: string;
  readonly made: ExportOnDisk;
}

/** Publishes the same export by messina, as migration `name`, and by the usual loop, to topic `usual-<name>`. */
export async function fill(brokers: string, name: string, shape: Shape, items: number): Promise<Filled> {
  await using scratch = await scratchDirectory();
  const itemsPerFile = Math.max(500, 500 * Math.round(items / 500));
  const plan = { shape, files: 1, itemsPerFile, distinctItems: itemsPerFile, level: 1 };
  const made = await writeExport(scratch.path, plan);
  const common = { brokers, partitions, export: made, secondsMax: 60 };
  await runJob({ ...common, variant: 'publish-messina', name }, null);
  await createTopic(brokers, `usual-${name}`);
  await runJob({ ...common, variant: 'publish-usual', name: `usual-${name}` }, null);
  return { name, made };
}
