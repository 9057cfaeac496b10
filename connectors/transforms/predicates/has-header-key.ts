import { z } from 'zod';
import { predicatePlugin } from './predicate.ts';

/** Holds of every item: each record has the two headers of Messina, and none has others. */
export const hasHeaderKey = predicatePlugin({
  name: 'HasHeaderKey',
  summary: 'Holds of every item: all records have the same two headers.',
  ofConnect: true,
  options: z.strictObject({
    name: z.enum(['messina.op', 'messina.version']).describe('Name of the header.'),
  }),
  make: () => ({ meaning: '', ofTable: () => true }),
});
