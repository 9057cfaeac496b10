import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalServices } from '../../local/services.ts';
import type { TableAddress } from '../../workload/table.ts';
import type { ProgressRow } from '../progress.ts';
import type { Session } from '../session.ts';
import { type Child, startChild } from './child.ts';
import { mappingFile } from './mapping-file.ts';
import { type AlternatorParts, type CqlParts, credentials, migrationFile, region } from './migration-file.ts';
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
/** The same migration with the other target, if there are both. */
export const secondFileName = 'migration-cql.yaml';
const mappingName = 'music.mapping.yaml';

export const keyspace = 'demo';

export const fileOf = ({ directory }: Stage, name = fileName): string => join(directory, name);

export const sourceTable = ({ services, settings }: Stage): TableAddress => ({
  endpoint: services.source.endpoint,
  credentials,
  region,
  table: settings.table,
});

/** Writes the migration file, and what belongs to it. @param manifest of the export; null: it is still to be made */
export async function writeMigrationFile(stage: Stage, manifest: string | null): Promise<void> {
  const { target, table, slackSeconds } = stage.settings;
  const { kafka, source } = stage.services;
  const write = (name: string, parts: AlternatorParts | CqlParts) =>
    writeFile(
      fileOf(stage, name),
      migrationFile({
        kafka: kafka.bootstrap,
        source: source.endpoint,
        target: parts,
        table,
        slackSeconds,
        manifest,
      }),
    );
  await write(fileName, target === 'cql' ? cqlOf(stage) : alternatorOf(stage));
  if (target === 'both') await write(secondFileName, cqlOf(stage));
  if (target !== 'alternator') await writeFile(fileOf(stage, mappingName), mappingFile(table));
}

function alternatorOf({ services, settings: { writesPerSecond } }: Stage): AlternatorParts {
  return { type: 'alternator', endpoint: services.target?.endpoint ?? '', writesPerSecond };
}

function cqlOf({ services }: Stage): CqlParts {
  const contactPoint = services.cassandra?.contactPoint ?? '';
  return { type: 'cql', contactPoint, keyspace, mapping: mappingName };
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
