import { CodecError } from './faults.ts';
import { CLOSE_BRACE, notJson } from './json-bytes.ts';
import { MemberCursor } from './json-cursor.ts';
import type { ItemScanner, ScannedItem } from './scanner.ts';

const BEGIN = Buffer.from('{"Item":');

/**
 * Reads a line of a full export, `{"Item":{…}}` (DynamoDB developer guide, DynamoDB table export output format).
 *
 * Members that a later version of the format may add are stepped over. Line ends may be part of the line.
 *
 * @throws CodecError with the position counted from `start`; ITEM_MISSING when there is no item, NOT_JSON when something follows
 */
export function parseExportLine(
  scanner: ItemScanner,
  input: Buffer,
  start: number,
  end: number,
): ScannedItem {
  try {
    return readUsual(scanner, input, start, end) ?? readMembers(scanner, input, start, end);
  } catch (error) {
    throw fromLineStart(error, start);
  }
}

/** The same fault, its position counted from the first byte of its line. */
export function fromLineStart(error: unknown, start: number): unknown {
  if (!(error instanceof CodecError) || error.position === undefined) return error;
  return new CodecError(error.code, error.message, error.position - start);
}

/** A line as DynamoDB writes it, read in one pass; null when it is another. */
function readUsual(scanner: ItemScanner, input: Buffer, start: number, end: number): ScannedItem | null {
  if (end - start < BEGIN.length) return null;
  for (let i = 0; i < BEGIN.length; i++) if (input[start + i] !== BEGIN[i]) return null;
  const item = scanner.scan(input, start + BEGIN.length, end);
  if (item.end >= end || input[item.end] !== CLOSE_BRACE) return null;
  checkNothingFollows(input, item.end + 1, end);
  return item;
}

function readMembers(scanner: ItemScanner, input: Buffer, start: number, end: number): ScannedItem {
  const members = new MemberCursor(input, start, end);
  let item: ScannedItem | null = null;
  while (members.next()) {
    if (members.name !== 'Item') continue;
    if (item !== null) throw new CodecError('DUPLICATE_NAME', 'A line has two items', members.valueStart);
    item = scanner.scan(input, members.valueStart, end);
    members.leave(item.end);
  }
  checkNothingFollows(input, members.endsAt, end);
  if (item === null) throw new CodecError('ITEM_MISSING', 'A line of an export has no member "Item"', start);
  return item;
}

/** Throws unless only whitespace is left. */
export function checkNothingFollows(input: Buffer, from: number, end: number): void {
  for (let p = from; p < end; p++) {
    const c = input[p]!;
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) throw notJson('something follows its end', p);
  }
}
