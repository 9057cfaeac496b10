import type { ScalarForm } from './avro-codec.ts';
import { notOfType } from './faults.ts';
import { NumberText, numberText } from './number-text.ts';
import { isShortest, readVarint, varintBytes } from './varint.ts';

const SCALE_BYTES = 4;
/** Beyond what an N reaches, far below what would take long to multiply out. */
const SHIFT_MAX = 400;
const DIGIT_BYTES_MAX = 400;
const parsed = new NumberText();

/**
 * Scale and digits, the scale that of the plain text: not negative, and no zero behind the point.
 *
 * So equal numbers have equal bytes: in a partition key a decimal is its bytes, 1 and 1.0 are two keys.
 */
export const decimal: ScalarForm = {
  N: (bytes, from, to) => {
    parsed.read(bytes, from, to);
    return decimalBytes(parsed.unscaled, parsed.scale);
  },
  merges: false,
  decode: (bytes) => {
    const plain = decimal.canonical(bytes);
    const scale = plain.length > SCALE_BYTES ? plain.readInt32BE(0) : -1;
    if (scale < 0 || scale > SHIFT_MAX) throw notOfType('decimal that DynamoDB can hold');
    return { N: numberText(readVarint(plain.subarray(SCALE_BYTES)), scale) };
  },
  canonical: (bytes) => {
    if (bytes.length <= SCALE_BYTES || bytes.length > DIGIT_BYTES_MAX) return bytes;
    let scale = bytes.readInt32BE(0);
    if (scale === 0 && isShortest(bytes, SCALE_BYTES)) return bytes;
    let unscaled = readVarint(bytes.subarray(SCALE_BYTES));
    if (unscaled === 0n) return decimalBytes(0n, 0);
    if (scale > 0 && unscaled % 10n !== 0n && isShortest(bytes, SCALE_BYTES)) return bytes;
    while (scale > 0 && unscaled % 10n === 0n) {
      unscaled /= 10n;
      scale--;
    }
    if (scale < 0 && scale >= -SHIFT_MAX) {
      unscaled *= 10n ** BigInt(-scale);
      scale = 0;
    }
    return decimalBytes(unscaled, scale);
  },
};

function decimalBytes(unscaled: number | bigint, scale: number): Buffer {
  const bytes = varintBytes(unscaled, SCALE_BYTES);
  bytes.writeInt32BE(scale, 0);
  return bytes;
}
