import { checkNothingFollows, fromLineStart } from './export-line.ts';
import { CodecError } from './faults.ts';
import { CLOSE_BRACE, OPEN_BRACE, skipSpace } from './json-bytes.ts';
import { MemberCursor } from './json-cursor.ts';
import type { ItemScanner, ScannedItem } from './scanner.ts';

/** What became of one key in the time of an incremental export. */
export interface WindowRow {
  /** The framed record key. */
  readonly key: Buffer;
  /** The item at the window's end, as {@link ScannedItem.avro}; null: it is gone. */
  readonly avro: Buffer | null;
}

/**
 * Reads a line of an incremental export, `{"Metadata":{…},"Keys":{…},"OldImage":{…},"NewImage":{…}}` (DynamoDB developer
 * guide, DynamoDB table export output format): a delete where the new image is absent, null or empty.
 *
 * Members may come in any order. What Metadata holds is not looked at: its write time comes in several shapes, and a row's
 * version is its window's (rule C2). The old image and members that a later version may add are stepped over.
 *
 * @throws CodecError with the position counted from `start`; ITEM_MISSING without Keys or Metadata, KEY_OTHER when the new
 * image is another item's
 */
export function parseWindowLine(scanner: ItemScanner, input: Buffer, start: number, end: number): WindowRow {
  try {
    return readMembers(scanner, input, start, end);
  } catch (error) {
    throw fromLineStart(error, start);
  }
}

function readMembers(scanner: ItemScanner, input: Buffer, start: number, end: number): WindowRow {
  const members = new MemberCursor(input, start, end);
  const seen = new Set<string>();
  let keys: ScannedItem | null = null;
  let image: ScannedItem | null = null;
  let imageAt = start;
  while (members.next()) {
    const { name, valueStart } = members;
    if (seen.has(name)) throw new CodecError('DUPLICATE_NAME', 'A line has a member twice', valueStart);
    seen.add(name);
    if (name === 'Keys') {
      keys = scanner.scan(input, valueStart, end);
      members.leave(keys.end);
    } else if (name === 'NewImage' && !isNothing(input, valueStart, end)) {
      image = scanner.scan(input, valueStart, end);
      imageAt = valueStart;
      members.leave(image.end);
    } else if (name === 'Metadata' && input[valueStart] !== OPEN_BRACE) {
      throw missing('Metadata', valueStart);
    }
  }
  checkNothingFollows(input, members.endsAt, end);
  if (keys === null) throw missing('Keys', start);
  if (!seen.has('Metadata')) throw missing('Metadata', start);
  if (image !== null && !image.key.equals(keys.key)) {
    throw new CodecError('KEY_OTHER', 'Keys are not those of NewImage', imageAt);
  }
  return { key: keys.key, avro: image?.avro ?? null };
}

/** Null or `{}`: no item can be that, as it has its key. */
function isNothing(input: Buffer, start: number, end: number): boolean {
  if (input[start] !== OPEN_BRACE) return input[start] === NULL_BEGIN;
  return input[skipSpace(input, start + 1, end)] === CLOSE_BRACE;
}

/** Whether the rest of it is `ull`, the cursor sees when it steps over it. */
const NULL_BEGIN = 0x6e;

function missing(member: string, position: number): CodecError {
  return new CodecError(
    'ITEM_MISSING',
    `A line of an incremental export has no member "${member}"`,
    position,
  );
}
