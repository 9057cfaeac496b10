import { z } from 'zod';
import { awsCredentials, count, endpoint, tableName, text } from './leaves.ts';

const manifestUrl = () =>
  z.string().regex(/^(s3:\/\/[^/]+\/.+|file:\/\/\/.+)$/, {
    error: 'must be the URL of a manifest-summary.json: s3://bucket/… or file:///…',
  });

const s3 = z
  .strictObject({
    bucket: text('Bucket that exports are written to; needed for from: export.').exactOptional(),
    prefix: text('Prefix of exports inside the bucket.').exactOptional(),
    bucketOwner: z
      .string()
      .regex(/^\d{12}$/, { error: 'must be the 12 digits of an AWS account' })
      .describe('For from: export, the account that owns the bucket. Default: the account of the tables.')
      .exactOptional(),
    sseAlgorithm: z
      .enum(['AES256', 'KMS'])
      .describe('For from: export, how exports are encrypted. Default: as the bucket says.')
      .exactOptional(),
    kmsKeyId: text('For sseAlgorithm: KMS, id or ARN of the key.').exactOptional(),
    region: text('Region of the bucket. Default: source.region.').exactOptional(),
    endpoint: endpoint('Only for stand-ins of S3.').exactOptional(),
    forcePathStyle: z
      .boolean()
      .default(false)
      .describe('Whether the bucket goes into the path of a request, as most stand-ins of S3 want it.'),
  })
  .describe(
    'Where exports lie: the bucket for new ones, and how S3 is reached for those named by manifests.',
  );

const snapshot = z
  .strictObject({
    from: z
      .enum(['export', 'manifest', 'scan', 'none'])
      .default('export')
      .describe(
        'What the first rows come from: a new S3 export, exports that exist (manifests), a scan, or nothing (the stream alone).',
      ),
    s3: s3.exactOptional(),
    enablePitr: z
      .boolean()
      .default(false)
      .describe(
        'For from: export, whether Messina turns point-in-time recovery on for a table that has none. AWS charges for it.',
      ),
    manifests: z
      .record(tableName(), manifestUrl().describe('URL of a manifest-summary.json: s3://… or file:///….'))
      .default({})
      .describe('For from: manifest, the full export of each table, in DynamoDB JSON or Amazon Ion.'),
    incremental: z
      .record(
        tableName(),
        z
          .array(manifestUrl().describe('URL of a manifest-summary.json of one window.'))
          .min(1)
          .describe(
            'Windows of one table, in order: each begins at or before the end of the one before it, the first at least slackSeconds before the full export.',
          ),
      )
      .default({})
      .describe(
        'For from: manifest, the incremental exports that continue the full one of a table, in window order.',
      ),
    slackSeconds: z
      .int()
      .min(0)
      .describe(
        'Seconds that capture must be ahead of the snapshot. Default: 300 for export and manifest, 10 for scan.',
      )
      .exactOptional(),
    segments: count().max(1_000_000).default(4).describe('For a scan, the number of parallel segments.'),
    readCapacity: z
      .number()
      .positive()
      .default(0.5)
      .describe(
        'For a scan, the read capacity it may use: up to 1 a share of the table’s units, above 1 a number of units.',
      ),
  })
  .describe('Where the rows that existed before the capture come from.');

/** Section `source`: the DynamoDB tables to move, and how they are read. */
export const sourceSchema = z
  .strictObject({
    region: text('AWS region of the tables.'),
    endpoint: endpoint('Only for stand-ins of DynamoDB.').exactOptional(),
    credentials: awsCredentials(
      'Credentials for DynamoDB and S3. Default: the chain of the AWS SDK.',
    ).exactOptional(),
    tables: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9_.*?-]{1,255}$/, {
            error: 'must be a table name, or a glob of names with * and ?',
          })
          .describe('Name of a table, or a glob of names with * and ?.'),
      )
      .min(1)
      .describe('The tables to move, by name or glob.'),
    snapshot: snapshot.prefault({}),
    changes: z
      .enum(['streams', 'none'])
      .default('streams')
      .describe('Where changes come from. none: a copy of the snapshot, for which no coverage is asked.'),
  })
  .describe('The DynamoDB tables to move, and how they are read.');
