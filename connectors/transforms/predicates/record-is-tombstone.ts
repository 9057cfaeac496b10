import { z } from 'zod';
import { predicatePlugin } from './predicate.ts';

/**
 * Holds of deletes, and so of no item. With `negate: true`, as it is mostly used, a transform is for every item; without, for
 * none, because a delete holds nothing to transform.
 */
export const recordIsTombstone = predicatePlugin({
  name: 'RecordIsTombstone',
  summary: 'Holds of deletes, and so of no item.',
  ofConnect: true,
  options: z.strictObject({}),
  make: () => ({ meaning: '', ofTable: () => false }),
});
