import { closestWord } from '../../connectors/config/suggest.ts';
import { isGlob, isSelected } from '../../connectors/table-globs.ts';
import type { MappingDocument } from '../../schemas/cql/mapping-schema.ts';
import type { Finding, KeyPath } from './finding.ts';

interface Placed {
  readonly document: MappingDocument;
  readonly lineOf: (path: KeyPath) => number;
}

/** Something wrong with one document among others. */
export interface DocumentFinding {
  /** Of the document. */
  readonly index: number;
  readonly finding: Finding;
}

/** The CQL table that a source table becomes, by its document; without one it keeps its name. */
export const cqlTableOf = (document: MappingDocument): string => document.into.table ?? document.table;

/** What contradicts itself between documents that are valid one by one, and the tables that are moved. */
export function mappingFindings(
  documents: readonly Placed[],
  sourceTables: readonly string[],
): DocumentFinding[] {
  return documents.flatMap((_, index) => {
    const finding = findingOf(documents, index, sourceTables);
    return finding === null ? [] : [{ index, finding }];
  });
}

function findingOf(
  documents: readonly Placed[],
  index: number,
  sourceTables: readonly string[],
): Finding | null {
  const { document } = documents[index]!;
  const { table } = document;
  const value = (path: KeyPath, message: string, remedy: string): Finding => ({
    path,
    at: 'value',
    message,
    remedy,
  });
  if (!isSelected(sourceTables, table)) {
    const near = closestWord(table, sourceTables);
    const remedy =
      near === null ? 'Add it to source.tables, or remove this document.' : `Did you mean "${near}"?`;
    return value(['table'], `"${table}" is not among source.tables`, remedy);
  }
  const before = documents.slice(0, index);
  const again = before.find((other) => other.document.table === table);
  if (again !== undefined) {
    const first = again.lineOf(['table']);
    return value(['table'], `"${table}" is mapped twice (first in line ${first})`, 'Remove one of the two.');
  }
  const name = cqlTableOf(document);
  const named = new Set(documents.map((one) => one.document.table));
  const other =
    before.find((one) => cqlTableOf(one.document) === name)?.document.table ??
    // A table without a document keeps its name.
    sourceTables.find((entry) => !isGlob(entry) && entry === name && !named.has(entry));
  if (other === undefined) return null;
  const path = document.into.table === undefined ? ['table'] : ['into', 'table'];
  return value(
    path,
    `"${name}" is the CQL table of both ${other} and ${table}`,
    'Give each its own name in into.table.',
  );
}
