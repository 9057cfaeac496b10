import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ScanPage } from '../../dynamodb/scan.ts';
import { SlabWriter } from '../../schemas/bytes.ts';
import { appendItemJson } from '../../schemas/json-writer.ts';
import { newDataFileName, type WrittenFile } from './export-format.ts';
import type { ExportTarget } from './export-target.ts';

/** A data file is ended by the first page that brings it above this much JSON. */
const FILE_BYTES = 64 << 20;
const CLOSE_BRACE = 0x7d;
const LINE_FEED = 0x0a;
const CHUNK_BYTES = 256 * 1024;
/** Half the CPU time of the default, for a tenth more bytes. */
const LEVEL = 3;

export interface SegmentProgress {
  /** Called for each page, with its items and their JSON bytes. */
  page(items: number, bytes: number, serverTimeMs: number): void;
  /** Called for each file that is wholly written. */
  file(file: WrittenFile): void;
}

/**
 * Writes the pages of one segment into data files; one at least, which is empty for a segment without items.
 *
 * Items go from the answer's bytes to the file's without becoming objects.
 */
export async function writeSegment(
  pages: AsyncIterator<ScanPage, void>,
  folder: string,
  target: ExportTarget,
  progress: SegmentProgress,
  signal: AbortSignal,
  fileBytes = FILE_BYTES,
): Promise<void> {
  const out = new SlabWriter();
  let page = await pages.next();
  do {
    const key = folder + newDataFileName();
    let items = 0;
    let plainBytes = 0;
    const lines = async function* (): AsyncGenerator<Buffer> {
      for (; page.done !== true && plainBytes < fileBytes; page = await pages.next()) {
        const piece = linesOf(out, page.value);
        items += page.value.items.length;
        plainBytes += piece.length;
        progress.page(page.value.items.length, piece.length, page.value.serverTimeMs);
        yield piece;
      }
    };
    const md5 = createHash('md5');
    let bytes = 0;
    const compressed = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of gzipped(lines())) {
        md5.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    };
    const etag = await target.write(key, compressed(), signal);
    const digest = md5.digest();
    const md5Text = digest.toString('base64');
    progress.file({ key, items, bytes, md5: md5Text, etag: etag ?? digest.toString('hex') });
  } while (page.done !== true);
}

/** `{"Item":{…}}` and LF per item. */
function linesOf(out: SlabWriter, page: ScanPage): Buffer {
  for (const { avro } of page.items) {
    out.ascii('{"Item":');
    appendItemJson(out, avro);
    out.byte(CLOSE_BRACE);
    out.byte(LINE_FEED);
  }
  return out.take();
}

async function* gzipped(plain: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gzip = createGzip({ level: LEVEL, chunkSize: CHUNK_BYTES });
  const feeding = pipeline(plain, gzip);
  // Its failure is the one that reading from `gzip` meets.
  feeding.catch(() => {});
  try {
    yield* gzip as AsyncIterable<Buffer>;
  } finally {
    gzip.destroy();
  }
}
