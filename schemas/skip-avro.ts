import { BRANCH, checkDepth } from './attribute-types.ts';
import type { AvroReader } from './avro-reader.ts';

/** Steps over a map of AttributeValue, the body of an item. `depth` is 0 for an item, else its nesting. */
export function skipMap(reader: AvroReader, depth = 0): void {
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) {
      skipText(reader);
      skipValue(reader, depth);
    }
  }
}

/** Steps over one AttributeValue that stands in a map or list at `depth`. */
export function skipValue(reader: AvroReader, depth: number): void {
  switch (readBranch(reader)) {
    case BRANCH.S:
    case BRANCH.N:
    case BRANCH.B:
      skipText(reader);
      return;
    case BRANCH.BOOL:
      reader.boolean();
      return;
    case BRANCH.NULL:
      return;
    case BRANCH.M:
      checkDepth(depth + 1, reader.pos);
      skipMap(reader, depth + 1);
      return;
    case BRANCH.L:
      checkDepth(depth + 1, reader.pos);
      for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
        for (let i = 0; i < count; i++) skipValue(reader, depth + 1);
      }
      return;
    default:
      for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
        for (let i = 0; i < count; i++) skipText(reader);
      }
  }
}

/** The branch of the AttributeValue that begins here, as in BRANCH. */
export function readBranch(reader: AvroReader): number {
  const index = reader.long();
  if (index < 0 || index > BRANCH.BS / 2) reader.fail('an attribute value of no known type');
  return index * 2;
}

function skipText(reader: AvroReader): void {
  const size = reader.length();
  reader.pos += size;
}
