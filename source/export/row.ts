import { parseExportLine } from '../../schemas/export-line.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import type { KeySchema } from '../../schemas/values.ts';
import { parseWindowLine, type WindowRow } from '../../schemas/window-line.ts';
import { IonLines } from './ion.ts';

/** Reads the lines of a data file. Not re-entrant. */
export interface RowReader {
  /** Reads one line, a range of bytes, as what it says of a key; throws CodecError. */
  read(input: Buffer, start: number, end: number): WindowRow;
  /** The JSON that a fault's position stands in, of the line that was read last; `line` is that line. */
  json(line: Buffer): Buffer;
}

export function rowReader(
  { window, ion }: { readonly window: boolean; readonly ion: boolean },
  keySchema: KeySchema,
): RowReader {
  const scanner = new ItemScanner(keySchema);
  const parse = window ? parseWindowLine : parseExportLine;
  if (!ion) return { read: (input, start, end) => parse(scanner, input, start, end), json: (line) => line };
  const lines = new IonLines();
  return {
    read(input, start, end) {
      const json = lines.toJson(input, start, end);
      return parse(scanner, json, 0, json.length);
    },
    json: () => lines.json,
  };
}
