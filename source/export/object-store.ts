import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Clock, systemClock } from '../../connectors/clock.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { CredentialProvider } from '../../dynamodb/credentials.ts';
import { type Location, urlOf } from './locate.ts';
import { storeFault } from './store-faults.ts';

const FILE_CHUNK_BYTES = 256 * 1024;
const ATTEMPTS_MAX = 6;
const PAUSE_MS_MAX = 5000;

export interface S3Options {
  readonly region: string;
  /** Only for stand-ins. */
  readonly endpoint?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
  readonly credentials: CredentialProvider;
  /** Attempts of one request within the SDK, the first included; default 3. */
  readonly attemptsMax?: number;
  /** Whether a bucket in another region is asked there; default true. */
  readonly followRedirects?: boolean;
}

/** An S3 client for large streams: no checksums of its own beside those of the export, no log lines. */
export function createS3Client(options: S3Options): S3Client {
  return new S3Client({
    region: options.region,
    credentials: options.credentials,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.forcePathStyle ?? false,
    maxAttempts: options.attemptsMax ?? 3,
    followRegionRedirects: options.followRedirects ?? true,
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestChecksumCalculation: 'WHEN_REQUIRED',
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    requestHandler: {
      connectionTimeout: 5000,
      // Of silence; a reader that is held back meets it too, and goes on from the byte reached.
      socketTimeout: 60_000,
      // Each open data file holds one.
      httpAgent: { keepAlive: true, maxSockets: 512 },
      httpsAgent: { keepAlive: true, maxSockets: 512 },
    },
  });
}

/** Where exports are read from. */
export interface ObjectStore {
  /**
   * The object's bytes from the first to the last. A connection that breaks is taken up again at the byte reached.
   *
   * Throws ConnectError EXPORT_FILE_MISSING, SOURCE_ACCESS_DENIED, SOURCE_UNREACHABLE, SOURCE_THROTTLED, and the
   * signal's reason after an abort.
   */
  read(location: Location, signal: AbortSignal): AsyncIterable<Buffer>;
  /** The object's size in bytes; null when it is not there. */
  size(location: Location, signal: AbortSignal): Promise<number | null>;
}

/** Files, and objects in S3 through `s3`, which is asked for only when a location is one. */
export class FilesAndS3 implements ObjectStore {
  readonly #s3: () => S3Client;
  readonly #clock: Clock;

  constructor(s3: () => S3Client, clock: Clock = systemClock) {
    this.#s3 = s3;
    this.#clock = clock;
  }

  read(location: Location, signal: AbortSignal): AsyncIterable<Buffer> {
    return location.bucket === null ? readFile(location, signal) : this.#readObject(location, signal);
  }

  async size(location: Location, signal: AbortSignal): Promise<number | null> {
    try {
      if (location.bucket === null) return await fileSize(location.key);
      const { bucket: Bucket, key: Key } = location;
      const head = await this.#s3().send(new HeadObjectCommand({ Bucket, Key }), { abortSignal: signal });
      return head.ContentLength ?? 0;
    } catch (error) {
      signal.throwIfAborted();
      const fault = storeFault(error, urlOf(location));
      if (fault.code === 'EXPORT_FILE_MISSING') return null;
      throw fault;
    }
  }

  async *#readObject(location: Location, signal: AbortSignal): AsyncGenerator<Buffer> {
    const progress: Progress = { at: 0, size: null, etag: undefined };
    for (let attempt = 1; ; attempt++) {
      const before = progress.at;
      try {
        yield* this.#readFrom(location, progress, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        const fault = storeFault(error, urlOf(location));
        if (progress.at > before) attempt = 1;
        if (fault.remedy !== 'retry' || attempt >= ATTEMPTS_MAX) throw fault;
      }
      await this.#clock.sleep(Math.random() * Math.min(PAUSE_MS_MAX, 100 * 2 ** attempt), signal);
    }
  }

  async *#readFrom(location: Location, progress: Progress, signal: AbortSignal): AsyncGenerator<Buffer> {
    if (progress.size !== null && progress.at >= progress.size) return;
    const { bucket, key: Key } = location;
    // Only of the very object that was begun: another one under its key would be a mixture.
    const rest = progress.at === 0 ? {} : { Range: `bytes=${progress.at}-`, IfMatch: progress.etag };
    const command = new GetObjectCommand({ Bucket: bucket ?? '', Key, ...rest });
    const answer = await this.#s3().send(command, { abortSignal: signal });
    progress.size ??= answer.ContentLength ?? null;
    progress.etag ??= answer.ETag;
    if (!(answer.Body instanceof Readable)) throw new Error('the answer has no body');
    for await (const chunk of answer.Body as AsyncIterable<Buffer>) {
      progress.at += chunk.length;
      yield chunk;
    }
    if (progress.size !== null && progress.at < progress.size) throw new BrokenOffError();
  }
}

interface Progress {
  at: number;
  size: number | null;
  etag: string | undefined;
}

class BrokenOffError extends Error {
  readonly code = 'ECONNRESET';
  constructor() {
    super('the answer ended before its last byte');
  }
}

async function* readFile(location: Location, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    const stream = createReadStream(location.key, { highWaterMark: FILE_CHUNK_BYTES, signal });
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    signal.throwIfAborted();
    throw storeFault(error, urlOf(location));
  }
}

async function fileSize(path: string): Promise<number | null> {
  const found = await stat(path);
  return found.isFile() ? found.size : null;
}

/**
 * A small object as a whole; null when it is not there.
 *
 * @param bytesMax above it the object is not what it is taken for: EXPORT_MANIFEST_INVALID
 */
export async function readSmall(
  store: ObjectStore,
  location: Location,
  bytesMax: number,
  signal: AbortSignal,
): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of store.read(location, signal)) {
      size += part.length;
      if (size > bytesMax) {
        throw new ConnectError(
          'EXPORT_MANIFEST_INVALID',
          `${urlOf(location)} is larger than ${bytesMax} bytes`,
        );
      }
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'EXPORT_FILE_MISSING') return null;
    throw error;
  }
  return Buffer.concat(parts);
}
