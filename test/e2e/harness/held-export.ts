import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const BUCKET = 'held';

/** Serves an export in a directory as S3 would, and says how far its data files can be read. */
export interface HeldExport extends AsyncDisposable {
  readonly endpoint: string;
  /** Where an object is, by its key: its path below the directory. */
  urlOf(key: string): string;
  /**
   * Begins to count reads anew, for a new process: of each data file it reads the first time, for the MD5, nothing is held
   * back; of the second read only this share comes.
   */
  hold(share: number): void;
  /** From now on everything comes, also the rest of what was held back. */
  release(): void;
}

/** A file of which only a share comes has a middle for as long as a test wants, on any machine. */
export async function holdExport(directory: string): Promise<HeldExport> {
  const reads = new Map<string, number>();
  let share = 1;
  let letGo = () => {};
  let released = Promise.resolve();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const key = decodeURIComponent(new URL(request.url ?? '', 'http://s3').pathname).slice(BUCKET.length + 2);
    const path = join(directory, key);
    const found = await stat(path).catch(() => null);
    if (!found?.isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': found.size, etag: '"held"' });
    if (request.method === 'HEAD') return void response.end();
    const read = (reads.get(key) ?? 0) + 1;
    reads.set(key, read);
    const isRows = key.includes('/data/') && read % 2 === 0;
    const first = isRows ? Math.floor(found.size * share) : found.size;
    if (first > 0) await pipeline(createReadStream(path, { end: first - 1 }), response, { end: false });
    if (first < found.size) {
      await released;
      await pipeline(createReadStream(path, { start: first }), response, { end: false });
    }
    response.end();
  };
  const server = createServer((request, response) => {
    // A process that was killed in the middle of its request is no concern of ours.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const release = () => {
    share = 1;
    letGo();
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    urlOf: (key) => `s3://${BUCKET}/${key}`,
    hold(next) {
      release();
      reads.clear();
      share = next;
      released = new Promise((resolve) => (letGo = resolve));
    },
    release,
    async [Symbol.asyncDispose]() {
      release();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
