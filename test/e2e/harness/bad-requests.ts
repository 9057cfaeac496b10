import { errorAnswer } from '../../alternator/answers.ts';
import type { BadCase, BadWorld } from './bad-case.ts';
import { type ExportService, startExportService } from './export-service.ts';
import type { FileOptions } from './migration-file.ts';

/** Options that ask for an export to the test's bucket. */
export function requesting(
  { services }: Pick<BadWorld, 'services'>,
  { endpoint }: ExportService,
  more: { readonly source?: object; readonly snapshot?: object; readonly s3?: object } = {},
): FileOptions {
  const { s3 } = services;
  const store = {
    bucket: s3.bucket,
    prefix: 'p',
    region: s3.region,
    endpoint: s3.endpoint,
    forcePathStyle: true,
  };
  return {
    tables: ['Music'],
    source: { endpoint, credentials: s3.credentials, ...more.source },
    snapshot: { from: 'export', slackSeconds: 2, s3: { ...store, ...more.s3 }, ...more.snapshot },
  };
}

/** A case with an export service of its own. */
function given(
  more: Parameters<typeof requesting>[2],
  prepare: (service: ExportService) => void = () => {},
): BadCase['given'] {
  return async (world) => {
    const service = await startExportService(world.services);
    world.opened.push(service);
    service.release();
    prepare(service);
    return requesting(world, service, more);
  };
}

const unread = { snapshot: { files: 0, published: 0 } };

export const badRequests: readonly BadCase[] = [
  {
    name: 'a table without point-in-time recovery',
    given: given({}, (service) => {
      service.pitr = false;
    }),
    exit: 4,
    code: 'SOURCE_PITR_OFF',
    place: [
      'table: Music',
      'aws dynamodb update-continuous-backups --table-name Music --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true --region eu-central-1',
      'enablePitr: true',
    ],
    after: 'nothing',
  },
  {
    name: 'a bucket that is not there',
    given: given({ s3: { bucket: 'nowhere-to-be-found' } }),
    exit: 4,
    code: 'EXPORT_BUCKET_MISSING',
    place: ['bucket: nowhere-to-be-found'],
    after: 'nothing',
  },
  {
    name: 'a bucket of another region',
    given: given({ s3: { region: 'eu-west-3' } }),
    exit: 4,
    code: 'EXPORT_BUCKET_REGION',
    place: ['is in us-east-1, not in eu-west-3', 'source.snapshot.s3.region'],
    after: 'nothing',
  },
  {
    name: 'a bucket of another account than is said',
    given: given({ s3: { bucketOwner: '123456789012' } }),
    exit: 4,
    code: 'SOURCE_ACCESS_DENIED',
    place: ['s3:GetObject'],
    after: 'nothing',
  },
  {
    name: 'a key of KMS that may not be used',
    given: given({ source: { changes: 'none' } }, (service) => {
      const message =
        'User: arn:aws:iam::123456789012:user/m is not authorized to perform: kms:GenerateDataKey';
      service.refuseWith = errorAnswer(400, 'AccessDeniedException', message);
    }),
    exit: 4,
    code: 'EXPORT_KMS_DENIED',
    place: ['table: Music', 'kms:GenerateDataKey'],
    after: unread,
    snapshot: 'none',
  },
];
