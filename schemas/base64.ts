const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 0x3d;
const NATIVE_FROM_BYTES = 192;

const CHARACTERS = Uint8Array.from(ALPHABET, (c) => c.charCodeAt(0));
const BITS = new Uint8Array(256).fill(255);
for (let i = 0; i < 64; i++) BITS[CHARACTERS[i]!] = i;

/** Bytes that the base64 text from `from` to `to` stands for, or −1 when its length says that it is none. */
export function decodedSize(text: Uint8Array, from: number, to: number): number {
  const size = to - from;
  if (size === 0) return 0;
  if (size % 4 !== 0) return -1;
  const pad = text[to - 1] !== PAD ? 0 : text[to - 2] !== PAD ? 1 : 2;
  return (size / 4) * 3 - pad;
}

/**
 * Decodes standard, padded base64 (RFC 4648 §4) into `target` at `at`, which has room for {@link decodedSize} bytes.
 *
 * Strict where Node's own decoder is lenient: no other alphabet, no missing pad, no bits that are thrown away. A second text
 * for the same bytes would break the equality of keys.
 *
 * @returns −1 when well, else the offset of the group of four that is not base64
 */
export function decodeBase64(
  text: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): number {
  if (from === to) return -1;
  const last = to - 4;
  let out = at;
  let p = from;
  for (; p < last; p += 4) {
    const a = BITS[text[p]!]!;
    const b = BITS[text[p + 1]!]!;
    const c = BITS[text[p + 2]!]!;
    const d = BITS[text[p + 3]!]!;
    if ((a | b | c | d) > 63) return p;
    target[out++] = (a << 2) | (b >> 4);
    target[out++] = (b << 4) | (c >> 2);
    target[out++] = (c << 6) | d;
  }
  const pad = text[to - 1] !== PAD ? 0 : text[to - 2] !== PAD ? 1 : 2;
  const a = BITS[text[p]!]!;
  const b = BITS[text[p + 1]!]!;
  const c = pad === 2 ? 0 : BITS[text[p + 2]!]!;
  const d = pad > 0 ? 0 : BITS[text[p + 3]!]!;
  if ((a | b | c | d) > 63) return p;
  if ((pad === 2 && (b & 15) !== 0) || (pad === 1 && (c & 3) !== 0)) return p;
  target[out++] = (a << 2) | (b >> 4);
  if (pad < 2) target[out++] = (b << 4) | (c >> 2);
  if (pad < 1) target[out] = (c << 6) | d;
  return -1;
}

/** Writes the base64 of `source` from `from` to `to` into `target` at `at` and returns the offset behind it. */
export function encodeBase64(source: Buffer, from: number, to: number, target: Buffer, at: number): number {
  if (to - from >= NATIVE_FROM_BYTES)
    return at + target.write(source.toString('base64', from, to), at, 'latin1');
  let out = at;
  let p = from;
  for (; p + 2 < to; p += 3) {
    const group = (source[p]! << 16) | (source[p + 1]! << 8) | source[p + 2]!;
    target[out++] = CHARACTERS[group >> 18]!;
    target[out++] = CHARACTERS[(group >> 12) & 63]!;
    target[out++] = CHARACTERS[(group >> 6) & 63]!;
    target[out++] = CHARACTERS[group & 63]!;
  }
  if (p === to) return out;
  const two = p + 1 < to;
  const group = (source[p]! << 16) | (two ? source[p + 1]! << 8 : 0);
  target[out++] = CHARACTERS[group >> 18]!;
  target[out++] = CHARACTERS[(group >> 12) & 63]!;
  target[out++] = two ? CHARACTERS[(group >> 6) & 63]! : PAD;
  target[out++] = PAD;
  return out;
}
