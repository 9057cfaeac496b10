import type { EncodeContent, ScalarForm } from './avro-codec.ts';
import { notOfType } from './faults.ts';
import { NumberText, numberText } from './number-text.ts';
import { Misfit } from './value-codec.ts';
import { isShortest, readVarint, varintBytes } from './varint.ts';

const LONG_MAX = 2n ** 63n - 1n;
const HIGH_WORD = 0x100000000;
const parsed = new NumberText();

const noInteger = new Misfit('is no integer');

export const tinyint = shortForm('tinyint', 1);
export const smallint = shortForm('smallint', 2);
export const int = shortForm('int', 4);

const outsideBigint = new Misfit('is outside the range of bigint');

export const bigint: ScalarForm = {
  N: integerOf((value) => (isLong(value) ? longBytes(value) : outsideBigint)),
  merges: false,
  decode: (bytes) => ({ N: numberText(readLong(bytes, 'bigint'), 0) }),
  canonical: (bytes) => bytes,
};

/** Whole numbers of any size, in as few bytes as they need. */
export const varint: ScalarForm = {
  N: integerOf((value) => varintBytes(value, 0)),
  merges: false,
  decode: (bytes) => {
    if (bytes.length === 0) throw notOfType('varint');
    return { N: numberText(readVarint(bytes), 0) };
  },
  canonical: (bytes) => (isShortest(bytes, 0) ? bytes : varintBytes(readVarint(bytes), 0)),
};

function integerOf(write: (value: number | bigint) => Buffer | Misfit): EncodeContent {
  return (bytes, from, to) => {
    parsed.read(bytes, from, to);
    return parsed.scale === 0 ? write(parsed.unscaled) : noInteger;
  };
}

function shortForm(name: string, size: number): ScalarForm {
  const limit = 2 ** (size * 8 - 1);
  const outside = new Misfit(`is outside the range of ${name}`);
  return {
    N: integerOf((value) => {
      if (typeof value === 'bigint' || value < -limit || value >= limit) return outside;
      const out = Buffer.allocUnsafe(size);
      for (let at = size - 1, rest = value; at >= 0; at--, rest >>= 8) out[at] = rest;
      return out;
    }),
    merges: false,
    decode: (bytes) => {
      if (bytes.length !== size) throw notOfType(name);
      return { N: bytes.readIntBE(0, size).toString() };
    },
    canonical: (bytes) => bytes,
  };
}

/** Whether a signed integer of 8 bytes can hold it. */
export function isLong(value: number | bigint): boolean {
  return typeof value === 'number' || (value <= LONG_MAX && value >= -LONG_MAX - 1n);
}

/** 8 bytes, signed; `value` is a safe integer or {@link isLong}. */
export function longBytes(value: number | bigint): Buffer {
  const out = Buffer.allocUnsafe(8);
  if (typeof value === 'bigint') {
    out.writeBigInt64BE(value);
  } else {
    out.writeInt32BE(Math.floor(value / HIGH_WORD), 0);
    out.writeUInt32BE(value >>> 0, 4);
  }
  return out;
}

/** @throws CqlBytesError */
export function readLong(bytes: Buffer, typeText: string): bigint {
  if (bytes.length !== 8) throw notOfType(typeText);
  return bytes.readBigInt64BE();
}
