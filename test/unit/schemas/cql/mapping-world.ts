import { parse } from 'yaml';
import { compileMapping } from '../../../../schemas/cql/compile.ts';
import { MappingError, type MappingProblem } from '../../../../schemas/cql/mapping-problem.ts';
import { mappingDocument } from '../../../../schemas/cql/mapping-schema.ts';
import {
  type BoundRow,
  isUnmappable,
  type TableMapping,
  type Unmappable,
} from '../../../../schemas/cql/table-mapping.ts';
import { Item } from '../../../../schemas/item.ts';
import type { KeySchema } from '../../../../schemas/values.ts';
import { attributesFromJson } from '../../../attributes-from-json.ts';

/** The table of the examples. */
export const musicKey: KeySchema = [
  { name: 'Artist', type: 'S' },
  { name: 'SongTitle', type: 'S' },
];

/** A mapping from the text of a document, of the table Music unless it says another key. */
export function mappingOf(text: string, keySchema: KeySchema = musicKey): TableMapping {
  const document = mappingDocument.parse(parse(text));
  return compileMapping(document, { table: document.table, keySchema });
}

export function problemsOf(text: string, keySchema: KeySchema = musicKey): readonly MappingProblem[] {
  try {
    mappingOf(text, keySchema);
  } catch (error) {
    if (error instanceof MappingError) return error.problems;
    throw error;
  }
  return [];
}

/** An item from DynamoDB JSON as an object. */
export const itemOf = (json: object): Item => Item.fromAttributes(attributesFromJson(json));

export function bound(mapping: TableMapping, item: Item): BoundRow {
  const row = mapping.bind(item);
  if (isUnmappable(row)) throw new Error(`${row.column} ${row.misfit.reason}`);
  return row;
}

/** Why an item has no row, as a sentence without its beginning. */
export function refused(row: object): string {
  if (!isUnmappable(row)) throw new Error('It is mapped');
  const { column, misfit }: Unmappable = row;
  return `${column} ${misfit.reason}`;
}

/** Names of all columns in the order of a row's values. */
export const columnsOf = ({ table }: TableMapping): string[] =>
  [...table.partitionKey, ...table.clusteringKey, ...table.columns].map(({ name }) => name);

/** Bytes of a row by column. */
export function byColumn(mapping: TableMapping, { values }: BoundRow): Record<string, Buffer | null> {
  return Object.fromEntries(columnsOf(mapping).map((name, i) => [name, values[i] ?? null]));
}

/** A map<text, text> in its bytes, as an object of texts. */
export function textMap(bytes: Buffer | null | undefined): Record<string, string> {
  const texts: string[] = [];
  for (let at = 4; bytes != null && at < bytes.length; ) {
    const size = bytes.readInt32BE(at);
    texts.push(bytes.toString('utf8', at + 4, at + 4 + size));
    at += 4 + size;
  }
  if (bytes != null && texts.length !== 2 * bytes.readInt32BE(0)) throw new Error('The count is wrong');
  return Object.fromEntries(
    texts.flatMap((name, i) => (i % 2 === 0 ? [[name, texts[i + 1] ?? ''] as const] : [])),
  );
}
