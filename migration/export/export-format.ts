import { createHash, randomBytes } from 'node:crypto';
import type { TableDescription } from '../../dynamodb/table.ts';

/** The layout of a full export (AWS developer guide: "DynamoDB table export output format"). */

/** What one data file was found to hold once it was written. */
export interface WrittenFile {
  readonly key: string;
  readonly items: number;
  /** Compressed. */
  readonly bytes: number;
  /** base64, of the compressed bytes. */
  readonly md5: string;
  readonly etag: string;
}

/** `0`, epoch milliseconds, a dash, 8 hexadecimal digits. */
export function newExportId(exportTimeMs: number): string {
  return `0${exportTimeMs}-${randomBytes(4).toString('hex')}`;
}

/** The folder of an export in its bucket, with the slash. @param prefix empty, or with its slash */
export function exportFolder(prefix: string, exportId: string): string {
  return `${prefix}AWSDynamoDB/${exportId}/`;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** `data/<26 letters and digits>.json.gz` */
export function newDataFileName(): string {
  const name = Array.from(randomBytes(26), (byte) => LETTERS[byte % LETTERS.length]).join('');
  return `data/${name}.json.gz`;
}

/** manifest-files.json: one JSON object per line. */
export function filesManifest(files: readonly WrittenFile[]): Buffer {
  const lines = files.map(({ key, items, md5, etag }) =>
    JSON.stringify({ itemCount: items, md5Checksum: md5, etag, dataFileS3Key: key }),
  );
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

export interface ExportFacts {
  readonly table: TableDescription;
  readonly exportId: string;
  /** Null for a directory. */
  readonly bucket: string | null;
  /** Empty, or with its slash. */
  readonly prefix: string;
  readonly exportTimeMs: number;
  readonly endTimeMs: number;
  readonly items: number;
  /** Uncompressed. */
  readonly bytes: number;
}

/** manifest-summary.json: one line. */
export function summaryManifest(facts: ExportFacts): Buffer {
  const { table, exportId, prefix } = facts;
  const tableArn = table.arn === '' ? `arn:aws:dynamodb:local:000000000000:table/${table.name}` : table.arn;
  const summary = {
    version: '2020-06-30',
    exportArn: `${tableArn}/export/${exportId}`,
    startTime: isoTime(facts.exportTimeMs),
    endTime: isoTime(facts.endTimeMs),
    tableArn,
    tableId: table.id,
    exportTime: isoTime(facts.exportTimeMs),
    s3Bucket: facts.bucket,
    s3Prefix: prefix === '' ? null : prefix.slice(0, -1),
    s3SseAlgorithm: null,
    s3SseKmsKeyId: null,
    manifestFilesS3Key: `${exportFolder(prefix, exportId)}manifest-files.json`,
    billedSizeBytes: facts.bytes,
    itemCount: facts.items,
    outputFormat: 'DYNAMODB_JSON',
    exportType: 'FULL_EXPORT',
  };
  return Buffer.from(JSON.stringify(summary));
}

/** What stands in a manifest's checksum file: 24 bytes. */
export function checksumOf(manifest: Buffer): Buffer {
  return Buffer.from(createHash('md5').update(manifest).digest('base64'));
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
