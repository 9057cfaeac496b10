import { CodecError } from './faults.ts';

/**
 * The branches of `AttributeValue` in change.avsc, as the byte that selects each: the zigzag varint of its index.
 * `KeyValue` in key.avsc has the same first three, so a key attribute's bytes are the same in an item and in a key.
 */
export const BRANCH = { S: 0, N: 2, B: 4, BOOL: 6, NULL: 8, M: 10, L: 12, SS: 14, NS: 16, BS: 18 } as const;

export type TypeTag = keyof typeof BRANCH;

/** Maps and lists can be nested this deep (DynamoDB developer guide, service quotas: nested attribute depth). */
export const NESTING_MAX = 32;

/** Throws for a map or list at `depth`, counted from 1 for an attribute of the item itself. */
export function checkDepth(depth: number, position?: number): void {
  if (depth > NESTING_MAX) {
    throw new CodecError(
      'NESTING_TOO_DEEP',
      `Maps and lists are nested more than ${NESTING_MAX} levels deep`,
      position,
    );
  }
}
