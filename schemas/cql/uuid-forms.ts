import type { ScalarForm } from './avro-codec.ts';
import { notOfType } from './faults.ts';
import { Misfit } from './value-codec.ts';

const TEXT_BYTES = 36;
const UUID_BYTES = 16;
const DASH = 0x2d;
const VERSION_AT = 6;
const TIME_VERSION = 1;

/** The value of a hexadecimal digit; 255: it is none. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

const noUuid = new Misfit('is no uuid');
const noTimeuuid = new Misfit('is no uuid of version 1, a timeuuid');

/** The usual 36 characters; capital letters become small ones. */
export const uuid: ScalarForm = {
  S: (bytes, from, to) => parseUuid(bytes, from, to) ?? noUuid,
  merges: true,
  decode: (bytes) => ({ S: uuidText(bytes, 'uuid') }),
  canonical: (bytes) => bytes,
};

/** Servers refuse another version than 1 here. */
export const timeuuid: ScalarForm = {
  S: (bytes, from, to) => {
    const parsed = parseUuid(bytes, from, to);
    if (parsed === null) return noUuid;
    return parsed[VERSION_AT]! >> 4 === TIME_VERSION ? parsed : noTimeuuid;
  },
  merges: true,
  decode: (bytes) => ({ S: uuidText(bytes, 'timeuuid') }),
  canonical: (bytes) => bytes,
};

function parseUuid(bytes: Buffer, from: number, to: number): Buffer | null {
  if (to - from !== TEXT_BYTES) return null;
  const out = Buffer.allocUnsafe(UUID_BYTES);
  for (let i = 0, at = from; i < UUID_BYTES; i++, at += 2) {
    if ((i === 4 || i === 6 || i === 8 || i === 10) && bytes[at++] !== DASH) return null;
    const high = HEX[bytes[at]!]!;
    const low = HEX[bytes[at + 1]!]!;
    if ((high | low) > 15) return null;
    out[i] = (high << 4) | low;
  }
  return out;
}

function uuidText(bytes: Buffer, typeText: string): string {
  if (bytes.length !== UUID_BYTES) throw notOfType(typeText);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
