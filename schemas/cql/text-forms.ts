import { isAscii, isUtf8 } from 'node:buffer';
import { CodecError } from '../faults.ts';
import type { ScalarForm } from './avro-codec.ts';
import { Misfit } from './value-codec.ts';

const LOOP_BYTES_MAX = 64;
const notAscii = new Misfit('holds a character that is not ASCII');

const asItIs = (bytes: Buffer): Buffer => bytes;

/** Bytes that are text already, checked: a server refuses the whole row for a byte that is not UTF-8. */
export const text: ScalarForm = {
  S: (bytes, from, to) => {
    const content = bytes.subarray(from, to);
    if (!isShortAscii(bytes, from, to) && !isUtf8(content)) {
      throw new CodecError('UTF8_INVALID', 'A string is not UTF-8', from);
    }
    return content;
  },
  merges: false,
  decode: (bytes) => ({ S: bytes.toString() }),
  canonical: asItIs,
};

export const ascii: ScalarForm = {
  S: (bytes, from, to) => {
    const content = bytes.subarray(from, to);
    return isShortAscii(bytes, from, to) || isAscii(content) ? content : notAscii;
  },
  merges: false,
  decode: (bytes) => ({ S: bytes.toString('latin1') }),
  canonical: asItIs,
};

export const blob: ScalarForm = {
  B: (bytes, from, to) => bytes.subarray(from, to),
  merges: false,
  decode: (bytes) => ({ B: bytes }),
  canonical: asItIs,
};

/** A call into native code costs more than this loop. */
function isShortAscii(bytes: Buffer, from: number, to: number): boolean {
  if (to - from > LOOP_BYTES_MAX) return false;
  for (let i = from; i < to; i++) if (bytes[i]! > 0x7f) return false;
  return true;
}
