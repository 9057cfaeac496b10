import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { createGzip } from 'node:zlib';
import { itemOf, type Shape, tableNameOf } from './shapes.ts';

/** A full export as AWS lays it out, made by this bench, on the local disk. */
export interface ExportOnDisk {
  readonly shape: Shape;
  readonly manifest: string;
  readonly files: readonly string[];
  readonly items: number;
  /** JSON lines before compression. */
  readonly bytes: number;
}

export interface ExportPlan {
  readonly shape: Shape;
  readonly files: number;
  readonly itemsPerFile: number;
  /** Items that differ; further ones repeat them, so that a large export is made quickly. */
  readonly distinctItems: number;
  /** gzip level; AWS does not say which one it uses. */
  readonly level: number;
}

const BLOCK_ITEMS = 500;

/** Writes an export of `files` data files into `directory`. */
export async function writeExport(directory: string, plan: ExportPlan): Promise<ExportOnDisk> {
  const { shape, itemsPerFile } = plan;
  const folder = join(directory, 'AWSDynamoDB', '01718000000000-0000bench');
  await mkdir(join(folder, 'data'), { recursive: true });
  const blocks = blocksOf(plan);
  const files: string[] = [];
  const entries: string[] = [];
  let bytes = 0;
  for (let n = 0; n < plan.files; n++) {
    const name = `data/file${String(n).padStart(4, '0')}.json.gz`;
    const path = join(folder, name);
    const written = await writeFileOf(path, linesOf(blocks, n * itemsPerFile, itemsPerFile), plan.level);
    bytes += written.bytes;
    files.push(path);
    const dataFileS3Key = `AWSDynamoDB/01718000000000-0000bench/${name}`;
    entries.push(
      `${JSON.stringify({ itemCount: itemsPerFile, md5Checksum: written.md5, etag: 'x-1', dataFileS3Key })}\n`,
    );
  }
  const items = plan.files * itemsPerFile;
  await writeFile(join(folder, 'manifest-files.json'), entries.join(''));
  await writeFile(join(folder, 'manifest-summary.json'), summaryOf(shape, items));
  const manifest = pathToFileURL(join(folder, 'manifest-summary.json')).href;
  return { shape, manifest, files, items, bytes };
}

function summaryOf(shape: Shape, itemCount: number): string {
  const tableArn = `arn:aws:dynamodb:eu-central-1:123456789012:table/${tableNameOf(shape)}`;
  return JSON.stringify({
    version: '2020-06-30',
    exportArn: `${tableArn}/export/01718000000000-0000bench`,
    startTime: '2024-06-10T06:13:21.000Z',
    endTime: '2024-06-10T06:18:41.377Z',
    tableArn,
    exportTime: '2024-06-10T06:13:20.000Z',
    s3Bucket: 'bench',
    manifestFilesS3Key: 'AWSDynamoDB/01718000000000-0000bench/manifest-files.json',
    itemCount,
    outputFormat: 'DYNAMODB_JSON',
  });
}

interface Blocks {
  readonly count: number;
  /** Lines of `BLOCK_ITEMS` items; kept when there are few of them. */
  at(block: number): Buffer;
}

function blocksOf({ shape, distinctItems, files, itemsPerFile }: ExportPlan): Blocks {
  const count = Math.ceil(distinctItems / BLOCK_ITEMS);
  const kept = new Map<number, Buffer>();
  const keep = distinctItems < files * itemsPerFile;
  const at = (block: number) => {
    const known = kept.get(block);
    if (known) return known;
    const lines: string[] = [];
    for (let i = 0; i < BLOCK_ITEMS; i++)
      lines.push(`${JSON.stringify({ Item: itemOf(shape, block * BLOCK_ITEMS + i) })}\n`);
    const bytes = Buffer.from(lines.join(''));
    if (keep) kept.set(block, bytes);
    return bytes;
  };
  return { count, at };
}

/** Lines of whole blocks; `from` and `items` are multiples of a block. */
function* linesOf(blocks: Blocks, from: number, items: number): Generator<Buffer> {
  for (let block = from / BLOCK_ITEMS; block < (from + items) / BLOCK_ITEMS; block++)
    yield blocks.at(block % blocks.count);
}

async function writeFileOf(
  path: string,
  lines: Iterable<Buffer>,
  level: number,
): Promise<{ md5: string; bytes: number }> {
  const md5 = createHash('md5');
  let bytes = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      md5.update(chunk);
      done(null, chunk);
    },
  });
  const gzip = createGzip({ level, chunkSize: 256 * 1024 });
  await pipeline(Readable.from(lines), counting, gzip, hashing, createWriteStream(path));
  return { md5: md5.digest('base64'), bytes };
}
