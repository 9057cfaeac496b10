import type { MappingFile } from './mapping-file.ts';
import type { MigrationFile } from './schema.ts';

type SnapshotSection = MigrationFile['source']['snapshot'];

/** A migration file, checked, with every default in place: what all commands work from. */
export interface Migration extends Omit<MigrationFile, 'source' | 'kafka' | 'deadLetters'> {
  /** The file it was read from, absolute. */
  readonly path: string;
  /** Where each transform stands in it, a line from 1: what is wrong with one may show only when the tables are known. */
  readonly transformLines: readonly number[];
  /** What each transform needs besides its options, read of files. */
  readonly loaded: readonly unknown[];
  /** What `target.mapping` names; null: every table gets the default columns, or the target has none. */
  readonly mapping: MappingFile | null;
  readonly source: Omit<MigrationFile['source'], 'snapshot'> & {
    readonly snapshot: SnapshotSection & { readonly slackSeconds: number };
  };
  readonly kafka: MigrationFile['kafka'] & { readonly topicPrefix: string };
  readonly deadLetters: MigrationFile['deadLetters'] & { readonly topic: string };
}

/**
 * Seconds that capture must be ahead of the snapshot (Rule C1): an export is fuzzy by a minute and its clock is not ours,
 * a scan of our own with consistent reads begins when we say.
 */
const slackSecondsOf = (from: SnapshotSection['from']) =>
  from === 'export' || from === 'manifest' ? 300 : 10;

/**
 * Adds the defaults that depend on other keys.
 *
 * @param around what belongs to the file and does not stand in it; nothing while its own problems are looked for
 */
export function withDefaults(
  file: MigrationFile,
  path: string,
  around: Pick<Migration, 'transformLines' | 'mapping'> = { transformLines: [], mapping: null },
): Migration {
  const { source, kafka, deadLetters } = file;
  const topicPrefix = kafka.topicPrefix ?? file.name;
  const slackSeconds = source.snapshot.slackSeconds ?? slackSecondsOf(source.snapshot.from);
  return {
    ...file,
    path,
    loaded: [],
    ...around,
    source: { ...source, snapshot: { ...source.snapshot, slackSeconds } },
    kafka: { ...kafka, topicPrefix },
    deadLetters: { ...deadLetters, topic: deadLetters.topic ?? `${topicPrefix}.dead-letters` },
  };
}
