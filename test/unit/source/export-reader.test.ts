import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributeAt } from '../../../source/export/fault-place.ts';
import { gunzipped, LineSplitter } from '../../../source/export/lines.ts';
import type { ObjectStore } from '../../../source/export/object-store.ts';
import { DataFileReader } from '../../../source/export/reader.ts';
import { md5Of, music, song, testContext } from './export-fixture.ts';

function linesOf(chunks: readonly Buffer[], lineBytesMax?: number): string[] {
  const lines = new LineSplitter('f', lineBytesMax);
  const found: string[] = [];
  const take = () => found.push(lines.bytes.toString('latin1', lines.start, lines.end));
  for (const chunk of chunks) {
    lines.push(chunk);
    while (lines.next()) take();
  }
  if (lines.last()) take();
  expect(lines.line).toBe(found.length);
  return found;
}

describe('lines', () => {
  test('are the same however the bytes are cut into chunks', () => {
    const bytes = fc
      .array(fc.constantFrom('a', 'bb', '\n', '\n\n', '\r', '\u0085'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(bytes, fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (text, sizes) => {
        const all = Buffer.from(text, 'latin1');
        const chunks: Buffer[] = [];
        for (let at = 0; at < all.length; ) {
          const size = sizes.next().value ?? 1;
          chunks.push(all.subarray(at, at + size));
          at += size;
        }
        const expected = text.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(linesOf(chunks)).toEqual(expected);
      }),
    );
  });

  test('longer than the limit are refused with file and line, also when no LF ever comes', () => {
    const ten = Buffer.from('0123456789');
    expect(linesOf([ten, Buffer.from('\nab')], 10)).toEqual(['0123456789', 'ab']);
    for (const chunks of [[ten, Buffer.from('x\n')], [Buffer.from('0123456789x\n')], [ten, ten, ten]]) {
      const error = { code: 'EXPORT_LINE_TOO_LONG', detail: { file: 'f', line: 2 } };
      expect(() => linesOf([Buffer.from('1\n'), ...chunks], 10)).toThrow(expect.objectContaining(error));
    }
  });
});

/** Serves bytes in pieces, and counts what was asked for. */
class MemoryStore implements ObjectStore {
  served = 0;
  reads = 0;
  readonly #versions: readonly Buffer[];
  readonly #pieceBytes: number;

  constructor(versions: readonly Buffer[], pieceBytes = 64 * 1024) {
    this.#versions = versions;
    this.#pieceBytes = pieceBytes;
  }

  async *read(): AsyncGenerator<Buffer> {
    const bytes = this.#versions[Math.min(this.reads++, this.#versions.length - 1)]!;
    for (let at = 0; at < bytes.length; at += this.#pieceBytes) {
      const piece = bytes.subarray(at, at + this.#pieceBytes);
      this.served += piece.length;
      yield piece;
    }
  }

  async size(): Promise<number> {
    return this.#versions[0]!.length;
  }
}

const snapshot = { id: 'e', exportMs: 1, arn: null, partitions: 1, rows: null, facts: {} };
const from = { position: null, parents: [], table: music, snapshot, version: 1 };
const file = {
  id: 'data/a.json.gz',
  location: { bucket: null, key: '/a' },
  md5: null,
  itemCount: null,
  window: false,
  ion: false,
};

describe('a reader', () => {
  test('reads ahead by no more than a bounded number of bytes', async () => {
    const rows = Array.from({ length: 200 }, (_, i) =>
      song(`a-${i}`, { Noise: { B: randomBytes(90_000).toString('base64') } }),
    );
    const gz = gzipSync(rows.join('\n'));
    expect(gz.length).toBeGreaterThan(17 << 20);
    const store = new MemoryStore([gz]);
    await using reader = new DataFileReader(store, file, from, testContext());
    await reader.poll();
    expect(store.served).toBeLessThan(3 << 20);
  });

  test('holds little of a gzip that expands a thousandfold', async () => {
    const bomb = gzipSync(Buffer.alloc(128 << 20, 'a'));
    expect(bomb.length).toBeLessThan(1 << 20);
    const before = process.memoryUsage().arrayBuffers;
    await using reader = new DataFileReader(new MemoryStore([bomb]), file, from, testContext());
    await expect(reader.poll()).rejects.toMatchObject({ code: 'EXPORT_LINE_TOO_LONG', detail: { line: 1 } });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  });

  test('finds a file that changed between its check and its reading', async () => {
    const right = gzipSync(`${song('x')}\n`);
    const wrong = gzipSync(`${song('y')}\n`);
    const store = new MemoryStore([right, wrong]);
    await using reader = new DataFileReader(store, { ...file, md5: md5Of(right) }, from, testContext());
    await expect(reader.poll()).rejects.toMatchObject({ code: 'EXPORT_CHECKSUM' });
  });

  test('that is done stays done', async () => {
    const store = new MemoryStore([gzipSync(`${song('x')}\n`)]);
    await using reader = new DataFileReader(store, file, from, testContext());
    expect(await reader.poll()).toMatchObject({ done: true, position: { line: 1, done: true } });
    expect(await reader.poll()).toMatchObject({ done: true, records: [], position: { line: 1, done: true } });
    const position = { line: 1, done: true };
    await using again = new DataFileReader(store, file, { ...from, position }, testContext());
    expect(await again.poll()).toMatchObject({ done: true, records: [], position });
    expect(store.reads).toBe(1);
  });

  test('finds that the file is shorter than the position', async () => {
    const store = new MemoryStore([gzipSync(`${song('x')}\n`)]);
    const position = { line: 2, done: false };
    await using reader = new DataFileReader(store, file, { ...from, position }, testContext());
    await expect(reader.poll()).rejects.toMatchObject({ code: 'EXPORT_COUNT' });
  });

  test('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    let reached = () => {};
    const isStuck = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const stuck: ObjectStore = {
      size: async () => 1,
      async *read(_location, signal) {
        yield gzipSync('x').subarray(0, 5);
        reached();
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    await using reader = new DataFileReader(stuck, file, from, testContext(stop.signal));
    const polled = reader.poll();
    await isStuck;
    stop.abort(new Error('stopped by the test'));
    await expect(polled).rejects.toThrow('stopped by the test');
  });

  test('can be closed in the middle', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => song(`a-${i}`));
    const store = new MemoryStore([gzipSync(rows.join('\n'))], 1000);
    const reader = new DataFileReader(store, file, from, testContext());
    expect((await reader.poll()).done).toBe(false);
    await reader[Symbol.asyncDispose]();
  });
});

describe('gunzipping', () => {
  test.each([1, 7, 100_000])('does not mind pieces of %i bytes', async (size) => {
    const store = new MemoryStore([gzipSync('hello\n'.repeat(100))], size);
    let text = '';
    for await (const chunk of gunzipped(store.read(), 'f')) text += chunk.toString();
    expect(text).toBe('hello\n'.repeat(100));
  });

  test('passes on what the input throws', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield gzipSync('hello').subarray(0, 12);
      throw new RangeError('input');
    }
    await expect(gunzipped(broken(), 'f').next()).rejects.toThrow(RangeError);
  });
});

test('the attribute of a fault is the one whose value holds it', () => {
  const line = Buffer.from('{"Item":{"a":{"S":"}\\"x"},"b.c":{"M":{"d":{"N":"1"}}},"e" : {"L":[]}}} ');
  const at = (text: string) => attributeAt(line, line.indexOf(text));
  expect(at('Item')).toBe(null);
  expect(at('"S"')).toBe('a');
  expect(at('"d"')).toBe('b.c');
  expect(at('"1"')).toBe('b.c');
  expect(at('"L"')).toBe('e');
  expect(attributeAt(line, line.length - 1)).toBe(null);
  expect(attributeAt(Buffer.from('nonsense'), 3)).toBe(null);
});
