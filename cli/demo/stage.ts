import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalServices } from '../../local/services.ts';
import type { TableAddress } from '../../workload/table.ts';
import type { ProgressRow } from '../progress.ts';
import type { Session } from '../session.ts';
import { type Child, startChild } from './child.ts';
import { credentials, migrationFile, region } from './migration-file.ts';
import type { Settings } from './settings.ts';
import type { Story, Telling } from './story.ts';

/** Where the demo plays: services that run, a directory with the migration file, and who is told. */
export interface Stage {
  readonly session: Session;
  readonly story: Story;
  readonly settings: Settings;
  readonly services: LocalServices;
  /** Holds the migration file, the export and the logs of the commands. */
  readonly directory: string;
}

export const fileName = 'migration.yaml';

export const fileOf = ({ directory }: Stage): string => join(directory, fileName);

export const sourceTable = ({ services, settings }: Stage): TableAddress => ({
  endpoint: services.source.endpoint,
  credentials,
  region,
  table: settings.table,
});

/** Writes the migration file. @param manifest of the export; null: it is still to be made */
export async function writeMigrationFile(stage: Stage, manifest: string | null): Promise<void> {
  const { table, slackSeconds, writesPerSecond } = stage.settings;
  const { kafka, source, target } = stage.services;
  const endpoints = { kafka: kafka.bootstrap, source: source.endpoint, target: target.endpoint };
  const text = migrationFile({ endpoints, table, slackSeconds, writesPerSecond, manifest });
  await writeFile(fileOf(stage), text);
}

/** Waits for a command, and tells what it says of its progress. Returns its result. */
export async function follow(stage: Stage, child: Child, telling: Telling, rows: () => ProgressRow[]) {
  let told = '';
  for (; child.running; await stage.story.pause(100)) {
    telling.show(rows());
    const word = await child.lastWord();
    if (word !== told) telling.note(word);
    told = word;
  }
  return child.result;
}

/** Runs a command of ours beside us, in the demo's directory. */
export function messina(stage: Stage, args: readonly string[], codes: readonly number[] = [0]): Child {
  const { directory, session } = stage;
  return startChild(args, { directory, log: args[0] ?? 'messina', codes, signal: session.signal });
}
