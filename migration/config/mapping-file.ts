import { readFileSync } from 'node:fs';
import { ConfigError, type ConfigProblem } from '../../connectors/config/errors.ts';
import { shapeOf } from '../../connectors/config/shape.ts';
import { draftColumns } from '../../schemas/cql/draft-columns.ts';
import { MappingProblems } from '../../schemas/cql/mapping-problem.ts';
import { type MappingDocument, mappingDocument } from '../../schemas/cql/mapping-schema.ts';
import { userTypes } from '../../schemas/cql/user-types.ts';
import { type ReadDocument, readDocuments } from './document.ts';
import type { Finding, KeyPath } from './finding.ts';
import { findingsOf } from './issues.ts';
import { mappingFindings } from './mapping-rules.ts';

/** The mapping file of a CQL target, checked as far as it can be without the tables. */
export interface MappingFile {
  /** As messages call it. */
  readonly file: string;
  readonly documents: readonly PlacedMapping[];
}

/** What one document of it says, and where. */
export interface PlacedMapping {
  readonly document: MappingDocument;
  /** The line of a key, from 1; of the nearest one above it that is there. */
  readonly lineOf: (path: KeyPath) => number;
}

/** The JSON Schema of one document of a mapping file. */
export const mappingShape = shapeOf(mappingDocument);

/** A mapping file that cannot be read; the message is a clause that follows the key that names it. */
export class UnreadableMapping extends Error {}

/** @throws UnreadableMapping */
export function readMappingText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error';
    throw new UnreadableMapping(`names a file that cannot be read (${code})`, { cause });
  }
}

/**
 * Reads a mapping file from text: YAML, one document per table.
 *
 * @param file the name that messages show
 * @param sourceTables names and globs
 * @throws ConfigError with all problems of the file
 */
export function parseMapping(text: string, file: string, sourceTables: readonly string[]): MappingFile {
  const read = readDocuments(text);
  if (read.length === 0) {
    const message = 'is empty';
    const remedy = 'Begin with table:, or remove target.mapping for the default columns.';
    throw new ConfigError(file, [{ line: 1, column: 1, key: '', message, remedy }]);
  }
  const problems: ConfigProblem[] = [];
  const documents: (PlacedMapping & Pick<ReadDocument, 'place'>)[] = [];
  for (const one of read) {
    const checked = check(one);
    problems.push(...checked.problems);
    if (checked.document === null) continue;
    const lineOf = (path: KeyPath) => one.place({ path, at: 'value', message: '', remedy: '' }).line;
    documents.push({ document: checked.document, lineOf, place: one.place });
  }
  for (const { index, finding } of mappingFindings(documents, sourceTables)) {
    const place = documents[index]?.place;
    if (place) problems.push(place(finding));
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { file, documents: documents.map(({ document, lineOf }) => ({ document, lineOf })) };
}

interface Checked {
  /** Null: it is wrong by itself. */
  readonly document: MappingDocument | null;
  readonly problems: readonly ConfigProblem[];
}

function check({ value: root, problems, place }: ReadDocument): Checked {
  if (problems.length > 0) return { document: null, problems };
  if (typeof root !== 'object' || root === null || Array.isArray(root)) {
    const found = { message: 'is not a mapping of keys', remedy: 'Begin each document with table:.' };
    return { document: null, problems: [{ ...place({ path: [], at: 'value', ...found }), key: '' }] };
  }
  const parsed = mappingDocument.safeParse(root);
  if (parsed.success) {
    const findings = selfFindings(parsed.data);
    return { document: findings.length === 0 ? parsed.data : null, problems: findings.map(place) };
  }
  const said = { root, filled: () => false, shape: mappingShape };
  return { document: null, problems: parsed.error.issues.flatMap((one) => findingsOf(one, said)).map(place) };
}

/** What is wrong with a document whatever the keys of its table are. */
function selfFindings(document: MappingDocument): Finding[] {
  const problems = new MappingProblems();
  draftColumns(document, userTypes(document.types, problems), problems);
  return problems.found.map((problem) => ({ ...problem, at: 'value' }));
}
