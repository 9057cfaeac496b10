import { canonicalNumber } from '../../schemas/numbers.ts';
import type { AttributeValue } from '../../schemas/values.ts';
import { ConnectError } from '../errors.ts';

/** Kafka Connect's names of types, in the order of its documentation. */
export const CAST_TYPES = [
  'int8',
  'int16',
  'int32',
  'int64',
  'float32',
  'float64',
  'boolean',
  'string',
] as const;

export type CastType = (typeof CAST_TYPES)[number];

const BITS: Readonly<Record<string, number>> = { int8: 8, int16: 16, int32: 32, int64: 64 };

/**
 * The value as another type, exactly: what would lose something throws RECORD_TRANSFORM.
 *
 * Kafka Connect cuts fractions and lets integers overflow; here a type is a promise of what the target holds. NULL stays.
 */
export function castValue(value: AttributeValue, type: CastType): AttributeValue {
  if ('NULL' in value) return value;
  if (type === 'string') return asText(value);
  if (type === 'boolean') return asBoolean(value);
  const number = numberOf(value, type);
  const fits = BITS[type] === undefined ? fitsFloat(number, type) : fitsInteger(number, BITS[type]);
  if (!fits) throw fault(value, type, 'has a value that it cannot hold exactly');
  return 'N' in value && value.N === number ? value : { N: number };
}

function asText(value: AttributeValue): AttributeValue {
  if ('S' in value) return value;
  if ('N' in value) return { S: canonicalNumber(value.N) };
  if ('BOOL' in value) return { S: String(value.BOOL) };
  if ('B' in value) return { S: Buffer.from(value.B).toString('base64') };
  throw fault(value, 'string', 'has no text');
}

function asBoolean(value: AttributeValue): AttributeValue {
  if ('BOOL' in value) return value;
  const words: Readonly<Record<string, boolean>> =
    'N' in value ? { 0: false, 1: true } : 'S' in value ? { false: false, true: true } : {};
  const text = 'N' in value ? canonicalNumber(value.N) : 'S' in value ? value.S.toLowerCase() : '';
  if (!Object.hasOwn(words, text)) throw fault(value, 'boolean', 'is neither true nor false');
  return { BOOL: words[text] === true };
}

/** Canonical text. */
function numberOf(value: AttributeValue, type: CastType): string {
  if ('BOOL' in value) return value.BOOL ? '1' : '0';
  if (!('N' in value || 'S' in value)) throw fault(value, type, 'is no number');
  try {
    return canonicalNumber('N' in value ? value.N : value.S);
  } catch (cause) {
    throw fault(value, type, 'is no number', cause);
  }
}

function fitsInteger(number: string, bits: number): boolean {
  if (number.includes('.')) return false;
  const integer = BigInt(number);
  return BigInt.asIntN(bits, integer) === integer;
}

/** Whether the float nearest to a number is written with the same digits. */
function fitsFloat(number: string, type: CastType): boolean {
  const isDouble = type === 'float64';
  const float = isDouble ? Number(number) : Math.fround(Number(number));
  if (!Number.isFinite(float)) return false;
  return canonicalNumber(isDouble ? String(float) : shortestText(float)) === number;
}

/** The fewest digits that only this single-precision float is nearest to; nine are always enough (IEEE 754). */
function shortestText(float: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = float.toPrecision(digits);
    if (Math.fround(Number(text)) === float) return text;
  }
  return float.toPrecision(9);
}

function fault(value: AttributeValue, type: CastType, why: string, cause?: unknown): ConnectError {
  const from = Object.keys(value)[0] ?? '';
  return new ConnectError('RECORD_TRANSFORM', `${from} to ${type}: the field ${why}`, { cause });
}
