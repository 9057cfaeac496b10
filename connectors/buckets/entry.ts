import { DIGEST_BYTES } from '../../schemas/digest.ts';

/** What a comparison keeps of a row. */
export interface Entry {
  /** What tells the row from others: the framed key of its item, or what the sink says. */
  readonly key: Buffer;
  /** What equal items have in common; null: this side has no item of that key. */
  readonly digest: Buffer | null;
  /** V, where rows of one key may come several times: the highest counts. Else 0. */
  readonly version: number;
  /** Where its record stands in the topics, for who can read it again; else 0. */
  readonly place: number;
}

/** Bytes before the key: its length, whether there is an item, the digest. */
const PLAIN_HEAD = 5 + DIGEST_BYTES;
/** Version and place besides. */
const LOGGED_HEAD = PLAIN_HEAD + 16;
/** Entries as bytes, one behind the other. */
export class EntryCodec {
  readonly #logged: boolean;
  readonly #head: number;

  /** @param logged whether versions and places are kept. */
  constructor(logged: boolean) {
    this.#logged = logged;
    this.#head = logged ? LOGGED_HEAD : PLAIN_HEAD;
  }

  sizeOf(entry: Entry): number {
    return this.#head + entry.key.length;
  }

  /** @returns the offset behind what was written. */
  write(entry: Entry, target: Buffer, at: number): number {
    const { key, digest, version, place } = entry;
    target.writeUInt32LE(key.length, at);
    target[at + 4] = digest === null ? 0 : 1;
    if (digest === null) target.fill(0, at + 5, at + PLAIN_HEAD);
    else target.set(digest, at + 5);
    if (this.#logged) {
      target.writeDoubleLE(version, at + PLAIN_HEAD);
      target.writeDoubleLE(place, at + PLAIN_HEAD + 8);
    }
    target.set(key, at + this.#head);
    return at + this.#head + key.length;
  }

  /** The entry at an offset; its buffers are slices of `source`. */
  read(source: Buffer, at: number): Entry {
    const from = at + this.#head;
    return {
      key: source.subarray(from, from + source.readUInt32LE(at)),
      digest: source[at + 4] === 0 ? null : source.subarray(at + 5, at + PLAIN_HEAD),
      version: this.#logged ? source.readDoubleLE(at + PLAIN_HEAD) : 0,
      place: this.#logged ? source.readDoubleLE(at + PLAIN_HEAD + 8) : 0,
    };
  }
}

/** The entry that counts of two of the same key. */
export function newer(a: Entry, b: Entry | undefined): Entry {
  return b === undefined || a.version >= b.version ? a : b;
}

export function sameDigest(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
