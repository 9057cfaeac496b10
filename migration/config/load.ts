import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ConfigError, type ConfigProblem, dottedKey } from '../../connectors/config/errors.ts';
import {
  fillPlaceholders,
  PlaceholderError,
  type PlaceholderSources,
} from '../../connectors/config/placeholders.ts';
import { loadTransforms } from '../../connectors/transforms/load.ts';
import { type Migration, withDefaults } from './defaults.ts';
import { type ReadDocument, readDocument } from './document.ts';
import type { KeyPath } from './finding.ts';
import { findingsOf, type Said } from './issues.ts';
import { type MappingFile, parseMapping, readMappingText, UnreadableMapping } from './mapping-file.ts';
import type { Needs } from './needs.ts';
import { ruleFindings } from './rules.ts';
import { type MigrationFile, migrationSchema } from './schema.ts';
import { migrationShape, shapesAt, valueAt } from './shape.ts';
import { transformNameFindings } from './transform-rules.ts';

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error';
    const message = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`;
    throw new ConfigError(file, [{ line: 0, column: 0, key: '', message, remedy: 'Name a migration file.' }]);
  }
}

/** Every path below a value that holds text. */
function* textPaths(value: unknown, path: KeyPath = []): Generator<KeyPath> {
  if (typeof value === 'string') yield path;
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* textPaths(item, [...path, index]);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* textPaths(item, [...path, key]);
  }
}

function setAt(root: unknown, path: KeyPath, value: unknown) {
  const parent = valueAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined) Reflect.set(parent, last, value);
}

/** A placeholder gives text; where the schema wants a number or a boolean, text that is one becomes one. */
function typePlaceholders({ value: root, filled }: ReadDocument) {
  for (const path of textPaths(root)) {
    if (!filled.has(dottedKey(path))) continue;
    const text = String(valueAt(root, path)).trim();
    const types = new Set(shapesAt(path, root).map((shape) => shape.type));
    const isNumber = types.has('number') || types.has('integer');
    if (isNumber && text !== '' && Number.isFinite(Number(text))) setAt(root, path, Number(text));
    else if (types.has('boolean') && (text === 'true' || text === 'false'))
      setAt(root, path, text === 'true');
  }
}

/** Relative paths of local files count from the folder of the migration file; PEM text in place of a path stays. */
function resolvePaths(root: unknown, folder: string) {
  for (const path of textPaths(root)) {
    const text = valueAt(root, path);
    if (typeof text !== 'string' || text.includes('-----BEGIN')) continue;
    if (shapesAt(path, root).some((shape) => shape.path === true)) setAt(root, path, resolve(folder, text));
  }
}

/** Leaves out the source's credentials where their placeholders have no value here; gives the other problems. */
function withoutSecrets({ value: root, filled, problems }: ReadDocument): ConfigProblem[] {
  const path: KeyPath = ['source', 'credentials'];
  const isUnfilled = ({ key }: ConfigProblem) => key.startsWith(`${dottedKey(path)}.`) && filled.has(key);
  if (!problems.some(isUnfilled)) return [...problems];
  const source = valueAt(root, path.slice(0, -1));
  if (typeof source === 'object' && source !== null) Reflect.deleteProperty(source, 'credentials');
  return problems.filter((problem) => !isUnfilled(problem));
}

/** Adds problems whose key has none yet: one cause is told once. */
function addProblems(problems: ConfigProblem[], more: readonly ConfigProblem[]) {
  const known = new Set(problems.map((problem) => problem.key));
  problems.push(...more.filter((problem) => problem.key === '' || !known.has(problem.key)));
}

/**
 * Reads a migration file from text, without what its transforms need of files.
 *
 * @param file the name that messages show
 * @throws ConfigError with all problems of the file
 */
export function parseMigration(
  text: string,
  file: string,
  sources: PlaceholderSources,
  needs: Needs = { needsSnapshot: true },
): Migration {
  return readMigration(text, file, sources, needs).migration;
}

/** How placeholders are filled. @param seen collects what they stood for; without it each needs a value. */
function filler(sources: PlaceholderSources, seen: Needs['placeholders']): (text: string) => string {
  if (seen === undefined) return (text) => fillPlaceholders(text, sources);
  return (text) => {
    try {
      const value = fillPlaceholders(text, sources);
      if (value !== text) seen.set(value, text);
      return value;
    } catch (error) {
      if (!(error instanceof PlaceholderError)) throw error;
      return text;
    }
  };
}

/** The migration, and where its keys stand. */
function readMigration(
  text: string,
  file: string,
  sources: PlaceholderSources,
  needs: Needs,
): { readonly migration: Migration; readonly place: ReadDocument['place'] } {
  const document = readDocument(text, filler(sources, needs.placeholders));
  const { value: root, filled, place } = document;
  const problems = needs.needsSource === false ? withoutSecrets(document) : [...document.problems];
  if (problems.some((problem) => problem.key === '')) throw new ConfigError(file, problems);
  if (typeof root !== 'object' || root === null || Array.isArray(root)) {
    const message = root === null ? 'is empty' : 'is not a mapping of keys';
    throw new ConfigError(file, [
      { line: 1, column: 1, key: '', message, remedy: 'Begin with name: and source:.' },
    ]);
  }
  typePlaceholders(document);
  const said: Said = { root, filled: (path) => filled.has(dottedKey(path)), shape: migrationShape };
  addProblems(problems, transformNameFindings(said).map(place));
  const parsed = migrationSchema.safeParse(root);
  if (!parsed.success) {
    addProblems(problems, parsed.error.issues.flatMap((issue) => findingsOf(issue, said)).map(place));
  } else {
    addProblems(problems, ruleFindings(withDefaults(parsed.data, file), needs).map(place));
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(file, problems);
  const mapping = needs.needsMapping === false ? null : mappingOf(parsed.data, file, sources.folder, place);
  resolvePaths(parsed.data, sources.folder);
  const transformLines = parsed.data.transforms.map(
    (_, i) => place({ path: ['transforms', i], at: 'value', message: '', remedy: '' }).line,
  );
  const migration = withDefaults(parsed.data, resolve(file), { transformLines, mapping });
  return { migration, place };
}

/** @throws ConfigError, of the migration file where the mapping file cannot be read, else of the mapping file */
function mappingOf(
  { source, target }: MigrationFile,
  file: string,
  folder: string,
  place: ReadDocument['place'],
): MappingFile | null {
  if (target.type !== 'cql' || target.mapping === undefined) return null;
  const named = target.mapping;
  try {
    const text = readMappingText(resolve(folder, named));
    return parseMapping(text, isAbsolute(named) ? named : join(dirname(file), named), source.tables);
  } catch (error) {
    if (!(error instanceof UnreadableMapping)) throw error;
    const remedy = 'Correct the path; `messina infer` proposes a mapping file.';
    const finding = { path: ['target', 'mapping'], at: 'value', message: error.message, remedy } as const;
    throw new ConfigError(file, [place(finding)]);
  }
}

/**
 * Reads a migration file: YAML with placeholders, checked as a whole without touching any service, and the scripts it names.
 *
 * @param file relative to the working directory
 * @throws ConfigError with every problem, its line, and what to do
 */
export async function loadMigration(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  needs: Needs = { needsSnapshot: true },
): Promise<Migration> {
  const text = await readText(file);
  const { migration, place } = readMigration(text, file, { env, folder: dirname(resolve(file)) }, needs);
  const { loaded, faults } = await loadTransforms(migration.transforms);
  if (faults.length === 0) return { ...migration, loaded };
  const problems = faults.map(({ index, fault: { option, message, remedy } }) =>
    place({ path: ['transforms', index, option], at: 'value', message, remedy }),
  );
  throw new ConfigError(file, problems);
}
