import { z } from 'zod';
import { transformPlugin } from './transform.ts';

/** Keeps items that its predicate holds of out of the target; what was there before goes (rule C9). */
export const filter = transformPlugin({
  name: 'Filter',
  summary: 'Keeps items that its predicate holds of out of the target.',
  options: z.strictObject({}),
  needsPredicate: true,
  make: () => ({ meaning: '', change: () => null, touches: () => null }),
});
