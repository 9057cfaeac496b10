import { GetObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { ConnectError } from '../../connectors/errors.ts';
import type { Destination } from './request-notes.ts';
import { storeFault } from './store-faults.ts';

/** No export has it: only what S3 answers for it is of interest. */
const ABSENT = 'AWSDynamoDB/messina-looks-whether-it-may-read';

/**
 * Looks whether exports in a bucket can be read, by asking for an object that is not there: S3 says NoSuchKey only to who
 * may get and list objects (API reference: GetObject, Permissions). Nothing is written.
 *
 * @param s3 one that follows no redirects: a bucket in another region shall be seen
 * @throws ConnectError EXPORT_BUCKET_MISSING, EXPORT_BUCKET_REGION, SOURCE_ACCESS_DENIED, SOURCE_UNREACHABLE
 */
export async function checkBucket(
  s3: S3Client,
  { bucket, prefix, bucketOwner }: Pick<Destination, 'bucket' | 'prefix' | 'bucketOwner'>,
  region: string,
  signal: AbortSignal,
): Promise<void> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: prefix === null ? ABSENT : `${prefix}/${ABSENT}`,
    ...(bucketOwner === null ? {} : { ExpectedBucketOwner: bucketOwner }),
  });
  try {
    await s3.send(command, { abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && error.name === 'NoSuchKey') return;
    throw bucketFault(error, bucket, region);
  }
}

function bucketFault(error: unknown, bucket: string, region: string): ConnectError {
  const options = { cause: error, detail: { bucket, region } };
  if (error instanceof Error && error.name === 'NoSuchBucket') {
    return new ConnectError('EXPORT_BUCKET_MISSING', `Bucket ${bucket} does not exist`, options);
  }
  if (error instanceof S3ServiceException && isElsewhere(error)) {
    const where = `${regionOf(error) ?? 'another region'}, not in ${region}`;
    return new ConnectError('EXPORT_BUCKET_REGION', `Bucket ${bucket} is in ${where}`, options);
  }
  const fault = storeFault(error, `s3://${bucket}`);
  const needs = 's3:GetObject and s3:ListBucket are needed to read an export';
  const message = fault.code === 'SOURCE_ACCESS_DENIED' ? `${fault.message} (${needs})` : fault.message;
  return new ConnectError(fault.code, message, options);
}

// API reference: Error responses.
const ELSEWHERE = new Set(['PermanentRedirect', 'TemporaryRedirect', 'AuthorizationHeaderMalformed']);

function isElsewhere({ name, $metadata }: S3ServiceException): boolean {
  return ELSEWHERE.has(name) || $metadata.httpStatusCode === 301 || $metadata.httpStatusCode === 307;
}

/** The answer's header tells it, or its text: "the region 'eu-west-1' is wrong; expecting 'us-east-1'". */
function regionOf({ $response, message }: S3ServiceException): string | null {
  const told = $response?.headers['x-amz-bucket-region'];
  return told ?? /expecting ['"]?([a-z0-9-]+)/.exec(message)?.[1] ?? null;
}
