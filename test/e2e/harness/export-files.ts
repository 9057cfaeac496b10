import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** What an export of AWS is of; times as ISO texts. */
export interface ExportOrigin {
  readonly exportArn: string;
  readonly tableArn: string;
  readonly tableId: string | null;
  readonly exportTime: string;
  readonly endTime: string;
  readonly bucket: string;
  readonly prefix: string | null;
}

export interface MadeExport {
  readonly manifestKey: string;
  /** By key in the bucket. */
  readonly objects: ReadonlyMap<string, Buffer>;
}

const ITEMS_PER_FILE = 100;

/**
 * The objects of a full export as AWS lays them out (developer guide: DynamoDB table export output format), made with
 * node:zlib and JSON.stringify alone: our own exporter has no part in them. The last file is that of an empty partition.
 */
export function makeExport(origin: ExportOrigin, items: readonly object[]): MadeExport {
  const { exportArn, bucket, prefix } = origin;
  const id = exportArn.slice(exportArn.lastIndexOf('/') + 1);
  const folder = `${prefix === null ? '' : `${prefix}/`}AWSDynamoDB/${id}/`;
  const objects = new Map<string, Buffer>([[`${folder}_started`, Buffer.alloc(0)]]);
  const lines: string[] = [];
  for (let from = 0; from <= items.length; from += ITEMS_PER_FILE) {
    const part = items.slice(from, from + ITEMS_PER_FILE);
    const gz = gzipSync(part.map((Item) => `${JSON.stringify({ Item })}\n`).join(''));
    const key = `${folder}data/${randomBytes(13).toString('hex')}.json.gz`;
    objects.set(key, gz);
    const etag = `${randomBytes(16).toString('hex')}-1`;
    lines.push(JSON.stringify({ itemCount: part.length, md5Checksum: md5Of(gz), etag, dataFileS3Key: key }));
  }
  const files = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const summary = {
    version: '2020-06-30',
    exportArn,
    startTime: origin.exportTime,
    endTime: origin.endTime,
    tableArn: origin.tableArn,
    tableId: origin.tableId,
    exportTime: origin.exportTime,
    s3Bucket: bucket,
    s3Prefix: prefix,
    s3SseAlgorithm: 'AES256',
    s3SseKmsKeyId: null,
    manifestFilesS3Key: `${folder}manifest-files.json`,
    billedSizeBytes: items.length * 100,
    itemCount: items.length,
    outputFormat: 'DYNAMODB_JSON',
  };
  for (const [name, bytes] of [
    ['manifest-files', files],
    ['manifest-summary', Buffer.from(JSON.stringify(summary))],
  ] as const) {
    objects.set(`${folder}${name}.json`, bytes);
    objects.set(`${folder}${name}.md5`, Buffer.from(md5Of(bytes)));
  }
  return { manifestKey: `${folder}manifest-summary.json`, objects };
}

const md5Of = (bytes: Buffer) => createHash('md5').update(bytes).digest('base64');
