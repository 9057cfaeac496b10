const WORD = 0x100000000;

/**
 * Two's complement in as few bytes as hold the sign (native protocol v4, section 6.18), behind `room` bytes left free.
 *
 * @param value a safe integer or a bigint
 */
export function varintBytes(value: number | bigint, room: number): Buffer {
  if (typeof value === 'bigint') return wideVarint(value, room);
  const size = sizeOf(value);
  const out = Buffer.allocUnsafe(room + size);
  let low = value | 0;
  let high = Math.floor(value / WORD) | 0;
  for (let at = room + size - 1; at >= room; at--) {
    out[at] = low;
    low = (low >>> 8) | (high << 24);
    high >>= 8;
  }
  return out;
}

/** Whether the varint from `from` on has no byte that only repeats its sign. */
export function isShortest(bytes: Buffer, from: number): boolean {
  if (bytes.length - from < 2) return true;
  const negative = bytes[from + 1]! > 0x7f;
  return bytes[from] !== (negative ? 0xff : 0);
}

/** Any two's complement of at least one byte. */
export function readVarint(bytes: Buffer): bigint {
  if (bytes.length <= 6) return BigInt(bytes.readIntBE(0, bytes.length));
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

function sizeOf(value: number): number {
  const magnitude = value < 0 ? -value - 1 : value;
  let size = 1;
  for (let limit = 0x80; magnitude >= limit; limit *= 0x100) size++;
  return size;
}

function wideVarint(value: bigint, room: number): Buffer {
  const bits = (value < 0n ? ~value : value).toString(2).length;
  const size = Math.floor(bits / 8) + 1;
  const hex = BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2, '0');
  const out = Buffer.allocUnsafe(room + size);
  out.write(hex, room, 'hex');
  return out;
}
