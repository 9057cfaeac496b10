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

const manifestUrl = z.string().regex(/^(s3:\/\/[^/]+\/.+|file:\/\/\/.+)$/s, {
  error: 'must be the URL of a manifest-summary.json: s3://bucket/… or file:///…',
});

/** Exports that are asked for: where to, and how. */
const requestOptions = z
  .strictObject({
    bucket: z.string().min(1).describe('Bucket that exports are written to.'),
    prefix: z.string().min(1).describe('Prefix of exports inside the bucket.').exactOptional(),
    bucketOwner: z
      .string()
      .regex(/^\d{12}$/, { error: 'must be the 12 digits of an AWS account' })
      .describe('Account that owns the bucket, where it is not the one of the tables.')
      .exactOptional(),
    sseAlgorithm: z
      .enum(['AES256', 'KMS'])
      .describe('How exports are encrypted. Default: as the bucket says.')
      .exactOptional(),
    kmsKeyId: z.string().min(1).describe('Id or ARN of the KMS key, for sseAlgorithm KMS.').exactOptional(),
    enablePitr: z
      .boolean()
      .default(false)
      .describe('Whether point-in-time recovery is turned on for a table that has none.'),
  })
  .describe('Exports to ask for, of the tables that `manifests` does not name. Default: none is asked for.');
export type RequestOptions = z.output<typeof requestOptions>;

/** Options of the connector class `S3ExportSource`. */
export const exportSourceOptions = z.strictObject({
  ...accessShape,
  s3: s3Options.prefault({}),
  manifests: z
    .record(z.string().min(1), manifestUrl)
    .default({})
    .describe('By table, the URL of the manifest-summary.json of its full export: s3://… or file:///….'),
  incremental: z
    .record(
      z.string().min(1),
      z
        .array(manifestUrl.describe('URL of the manifest-summary.json of one window.'))
        .describe('Windows of one table, in order.'),
    )
    .default({})
    .describe('By table, the incremental exports that continue its full one, in the order of their windows.'),
  request: requestOptions.exactOptional(),
  slackSeconds: z
    .number()
    .min(0)
    .default(300)
    .describe('Seconds that capture must be ahead of the export time (rule C1).'),
});

export type ExportSourceOptions = z.output<typeof exportSourceOptions>;
