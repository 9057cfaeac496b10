import { SpillFile } from '../../connectors/buckets/spill-file.ts';
import type { Candidate } from './sides.ts';

/** Bytes of lines that are kept in memory before they go to disk together. */
const PAGE_BYTES = 1 << 20;

/** Candidates in the order they were added: the first in memory, the rest on disk. */
export class CandidateList implements AsyncDisposable {
  readonly #file = new SpillFile();
  readonly #pages: { readonly at: number; readonly bytes: number }[] = [];
  #lines: string[] = [];
  #bytes = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  async add(candidate: Candidate): Promise<void> {
    const line = toLine(candidate);
    this.#lines.push(line);
    this.#bytes += line.length;
    this.#size += 1;
    if (this.#bytes < PAGE_BYTES) return;
    // Lines are ASCII.
    const page = Buffer.from(this.#lines.join('\n'), 'latin1');
    this.#lines = [];
    this.#bytes = 0;
    this.#pages.push({ at: this.#file.end, bytes: page.length });
    await this.#file.append([page]);
  }

  /** All candidates, at most `most` at a time. */
  async *groups(most: number): AsyncGenerator<readonly Candidate[], void, undefined> {
    for (const { at, bytes } of this.#pages) {
      const page = Buffer.allocUnsafe(bytes);
      await this.#file.read(page, at);
      yield* inGroups(page.toString('latin1').split('\n'), most);
    }
    yield* inGroups(this.#lines, most);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]();
  }
}

function* inGroups(lines: readonly string[], most: number): Generator<readonly Candidate[]> {
  for (let from = 0; from < lines.length; from += most) yield lines.slice(from, from + most).map(fromLine);
}

type Line = [
  key: string,
  base: [digest: string | null, version: number, place: number] | null,
  Candidate['suspicion'],
  Candidate['tried'],
];

function toLine({ key, base, suspicion, tried }: Candidate): string {
  const kept = base && [base.digest?.toString('hex') ?? null, base.version, base.place];
  return JSON.stringify([key.toString('base64'), kept, suspicion, tried]);
}

function fromLine(line: string): Candidate {
  const [name, kept, suspicion, tried] = JSON.parse(line) as Line;
  const key = Buffer.from(name, 'base64');
  if (kept === null) return { key, base: null, suspicion, tried };
  const [digest, version, place] = kept;
  const base = { key, digest: digest === null ? null : Buffer.from(digest, 'hex'), version, place };
  return { key, base, suspicion, tried };
}
