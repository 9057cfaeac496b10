import type { Position } from '../../connectors/connector.ts';
import type { RequestOptions } from './options.ts';

/** What S3 is asked for; null: not given. With one token it has to stay the same (API reference: ExportConflictException). */
export interface Destination {
  readonly bucket: string;
  readonly prefix: string | null;
  readonly bucketOwner: string | null;
  readonly sseAlgorithm: 'AES256' | 'KMS' | null;
  readonly kmsKeyId: string | null;
}

/** An export that was asked for, or was about to be. */
export interface AskedExport {
  readonly clientToken: string;
  /** Server time before the first request, ms. */
  readonly requestedMs: number;
  readonly destination: Destination;
  /** Null: no answer is known; the request may have been executed. */
  readonly exportArn: string | null;
}

/** How far asking for an export has come, as the catalog keeps it. */
export interface RequestNotes {
  /** Point-in-time recovery was off, and this migration turned it on; `cleanup` reads it. */
  readonly pitrEnabled: boolean;
  /** Null: nothing is asked for, or what was asked for has failed. */
  readonly asked: AskedExport | null;
}

export function readNotes(noted: Position | null): RequestNotes {
  const { pitrEnabled, clientToken, requestedMs, bucket, prefix, bucketOwner, sseAlgorithm, kmsKeyId } =
    noted ?? {};
  const arn = noted?.['exportArn'];
  return {
    pitrEnabled: pitrEnabled === true,
    asked:
      typeof clientToken === 'string' && typeof bucket === 'string'
        ? {
            clientToken,
            requestedMs: Number(requestedMs),
            destination: {
              bucket,
              prefix: textOrNull(prefix),
              bucketOwner: textOrNull(bucketOwner),
              sseAlgorithm: sseAlgorithm === 'AES256' || sseAlgorithm === 'KMS' ? sseAlgorithm : null,
              kmsKeyId: textOrNull(kmsKeyId),
            },
            exportArn: textOrNull(arn),
          }
        : null,
  };
}

/** The flat facts that {@link readNotes} reads. */
export function writeNotes({ pitrEnabled, asked }: RequestNotes): Position {
  if (asked === null) return { pitrEnabled };
  const { destination, ...rest } = asked;
  return { pitrEnabled, ...rest, ...destination };
}

/** Of an export that failed: the next call finds nothing asked for, and so asks anew, with another token. */
export function writeFailure(notes: RequestNotes, failureCode: string): Position {
  return {
    pitrEnabled: notes.pitrEnabled,
    failedArn: notes.asked?.exportArn ?? null,
    failureCode,
  };
}

export function destinationOf(options: RequestOptions): Destination {
  const { bucket, prefix = null, bucketOwner = null, sseAlgorithm = null, kmsKeyId = null } = options;
  return { bucket, prefix, bucketOwner, sseAlgorithm, kmsKeyId };
}

export function isSameDestination(a: Destination, b: Destination): boolean {
  return (
    a.bucket === b.bucket &&
    a.prefix === b.prefix &&
    a.bucketOwner === b.bucketOwner &&
    a.sseAlgorithm === b.sseAlgorithm &&
    a.kmsKeyId === b.kmsKeyId
  );
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
