import { z } from 'zod';
import { predicatePlugin } from './predicate.ts';

/** The headers of every record in a topic of ours; none has others. */
const HEADERS: readonly string[] = ['messina.op', 'messina.version'];

/** Holds of every item, or of none, by the headers that records have in their topics: none that a transform adds reaches a target. */
export const hasHeaderKey = predicatePlugin({
  name: 'HasHeaderKey',
  summary: 'Holds of every item for one of the two headers that records have, else of none.',
  ofConnect: true,
  options: z.strictObject({
    name: z
      .string()
      .min(1)
      .describe('Name of the header: messina.op and messina.version are there, no others.'),
  }),
  make({ name }) {
    const holds = HEADERS.includes(name);
    return { meaning: holds ? '' : 'none', ofTable: () => holds };
  },
});
