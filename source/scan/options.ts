import { z } from 'zod';
import { accessShape } from '../access.ts';

export const scanOptions = z.strictObject({
  ...accessShape,
  segments: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(4)
    .describe('Parallel segments of a table; a scan that has begun keeps its number.'),
  readCapacity: z
    .number()
    .positive()
    .default(0.5)
    .describe(
      'Read capacity a table’s scan may use: up to 1 a share of the table’s units, above 1 a number of units.',
    ),
  slackSeconds: z.number().min(0).default(10).describe('Seconds that capture must be ahead of the scan.'),
});
export type ScanOptions = z.infer<typeof scanOptions>;
