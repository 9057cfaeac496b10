import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ConnectError } from '../../connectors/errors.ts';
import { createS3Client, type S3Options } from '../../source/export/object-store.ts';
import { storeFault } from '../../source/export/store-faults.ts';

const PART_BYTES = 8 << 20;

/** Where an export is written: a bucket, or a directory that stands for one. */
export interface ExportTarget extends Disposable {
  readonly bucket: string | null;
  /** What all keys begin with: empty, or with its slash. */
  readonly prefix: string;
  /** `s3://…` or `file:///…` of a key. */
  url(key: string): string;
  /**
   * Writes one object, whole or not at all in S3; what a failure leaves of a file stays.
   * Resolves with the ETag, where S3 gives one. Throws ConnectError, or the signal's reason.
   */
  write(key: string, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<string | null>;
}

/** Whether `to` is a place that {@link openTarget} takes. */
export function isTarget(to: string): boolean {
  return /^(s3:\/\/[^/]+(\/.*)?|file:\/\/\/.*)$/.test(to);
}

/**
 * @param to `s3://bucket`, `s3://bucket/prefix`, `file:///directory`
 * @param s3 how S3 is reached; needed for `s3://`
 */
export function openTarget(to: string, s3: S3Options | undefined): ExportTarget {
  const parts = /^s3:\/\/([^/]+)\/?(.*)$/.exec(to);
  if (parts === null) {
    if (!isTarget(to)) throw new RangeError(`${to} is neither s3://bucket/prefix nor file:///directory`);
    return new Directory(fileURLToPath(to));
  }
  if (s3 === undefined) throw new RangeError('an export to S3 needs the settings of S3');
  const prefix = (parts[2] ?? '').replace(/^\/+|\/+$/g, '');
  return new Bucket(createS3Client(s3), parts[1] ?? '', prefix === '' ? '' : `${prefix}/`);
}

class Directory implements ExportTarget {
  readonly bucket = null;
  readonly prefix = '';
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  url(key: string): string {
    return pathToFileURL(join(this.#path, key)).href;
  }

  async write(key: string, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<null> {
    const path = join(this.#path, key);
    try {
      await mkdir(dirname(path), { recursive: true });
      // A flag that refuses an existing file: two exports never share one. Flushed to disk before it counts as written.
      await pipeline(content, createWriteStream(path, { flags: 'wx', flush: true }), { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw storeFault(error, this.url(key));
    }
    return null;
  }

  [Symbol.dispose](): void {}
}

class Bucket implements ExportTarget {
  readonly bucket: string;
  readonly prefix: string;
  readonly #client: S3Client;

  constructor(client: S3Client, bucket: string, prefix: string) {
    this.#client = client;
    this.bucket = bucket;
    this.prefix = prefix;
  }

  url(key: string): string {
    return `s3://${this.bucket}/${key}`;
  }

  async write(key: string, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<string | null> {
    const upload = new Upload({
      client: this.#client,
      params: { Bucket: this.bucket, Key: key, Body: Readable.from(content, { objectMode: false }) },
      partSize: PART_BYTES,
      queueSize: 2,
    });
    const stop = () => void upload.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      const done = await upload.done();
      return done.ETag?.replaceAll('"', '') ?? null;
    } catch (error) {
      signal.throwIfAborted();
      // Where an export is read such a bucket is a file that is not there; here it is the place that was named.
      if (error instanceof Error && error.name === 'NoSuchBucket') {
        throw new ConnectError('EXPORT_BUCKET_MISSING', `Bucket ${this.bucket} does not exist`, {
          cause: error,
        });
      }
      throw storeFault(error, this.url(key));
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}
