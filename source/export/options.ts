import { z } from 'zod';
import { accessShape } from '../access.ts';

/** How S3 is reached. */
const s3Options = z
  .strictObject({
    region: z
      .string()
      .min(1)
      .describe('Region of the bucket. Default: the region of the tables.')
      .exactOptional(),
    endpoint: accessShape.endpoint.describe('Only for stand-ins of S3. Default: the endpoint of the region.'),
    forcePathStyle: z
      .boolean()
      .default(false)
      .describe('Whether the bucket goes into the path of a request, as most stand-ins of S3 want it.'),
    credentials: accessShape.credentials.describe('Credentials for S3. Default: those for DynamoDB.'),
  })
  .describe('How S3 is reached, for exports whose manifest is named by an s3:// URL.');

/** Options of the connector class `S3ExportSource`. */
export const exportSourceOptions = z.strictObject({
  ...accessShape,
  s3: s3Options.prefault({}),
  manifests: z
    .record(
      z.string().min(1),
      z.string().regex(/^(s3:\/\/[^/]+\/.+|file:\/\/\/.+)$/s, {
        error: 'must be the URL of a manifest-summary.json: s3://bucket/… or file:///…',
      }),
    )
    .describe('By table, the URL of the manifest-summary.json of its full export: s3://… or file:///….'),
  slackSeconds: z
    .number()
    .min(0)
    .default(300)
    .describe('Seconds that capture must be ahead of the export time (rule C1).'),
});

export type ExportSourceOptions = z.output<typeof exportSourceOptions>;
