import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { KeySchema } from '../schemas/values.ts';
import { keyOf, MUSIC_KEYS } from './keys.ts';
import { type Random, randomFrom } from './random.ts';

/** An item as the SDK's client takes it: DynamoDB JSON with binary as bytes. */
export type SdkItem = Record<string, AttributeValue>;

/** One item in this many is 100 to 300 KB. */
const largeOneIn = 400;

const words = [
  'alpha',
  'naïve',
  '北京',
  '🎸',
  'Straße',
  '"quoted"',
  'back\\slash',
  'line\nbreak',
  '\u0000',
  'tab\t',
  '',
] as const;

/** Numbers at the edges of what DynamoDB keeps: 38 digits, −130 to 125 as the exponent. */
const oddNumbers = [
  '0',
  '-1',
  '0.1',
  '12345678901234567890123456789012345678',
  '-0.12345678901234567890123456789012345678',
  '9.9999999999999999999999999999999999999E+125',
  '1E-130',
  '-9.9999999999999999999999999999999999999E+125',
  '1000000000000000000000',
] as const;

/** How large items are, and what is in them. */
export interface ItemShape {
  /** `mixed`: values of all ten types, most items below 1 KB, one in 400 of 100 to 300 KB. `small`: some 100 bytes. */
  readonly size: 'mixed' | 'small';
  /** Of one more attribute, which hardly compresses; 0: there is none. */
  readonly paddingBytes: number;
}

export const MIXED: ItemShape = { size: 'mixed', paddingBytes: 0 };

/** The item with this number: the same for the same seed, shape and keys. */
export function itemOf(seed: number, index: number, shape = MIXED, keys: KeySchema = MUSIC_KEYS): SdkItem {
  const random = randomFrom(seed, index);
  const item = shape.size === 'small' ? smallFrame(random) : mixedFrame(random);
  if (shape.paddingBytes > 0)
    item['Padding'] = { S: padding(randomFrom(seed, index, 3), shape.paddingBytes) };
  // The key last: an attribute of a table's key may be called as one of ours.
  return { ...item, ...keyOf(index, keys) };
}

/** A fixed frame of common attributes and some of every type, sometimes large. */
function mixedFrame(random: Random): SdkItem {
  const item: SdkItem = {
    Year: { N: String(1950 + random.below(75)) },
    Price: { N: `${random.below(100)}.${1 + random.below(9)}` },
    Tags: { SS: distinct(random, 1 + random.below(4), (n) => `tag-${n}`) },
    Awards: { M: { Year: { N: String(1980 + random.below(40)) }, Won: { BOOL: random.oneIn(2) } } },
  };
  const extras = random.below(8);
  for (let n = 0; n < extras; n++) item[`Extra${random.below(30)}`] = someValue(random, 0);
  if (random.oneIn(largeOneIn)) item['Lyrics'] = { S: largeText(random) };
  return item;
}

const smallFrame = (random: Random): SdkItem => ({
  Year: { N: String(1950 + random.below(75)) },
  Price: { N: `${random.below(100)}.${1 + random.below(9)}` },
  Genre: { S: random.pick(words) },
});

/** An item of the same key with none of its usual attributes: 1 to 100 others. */
export function otherItemOf(seed: number, index: number, keys: KeySchema = MUSIC_KEYS): SdkItem {
  const random = randomFrom(seed, index, 1);
  const item: SdkItem = {};
  const attributes = 1 + random.below(100);
  for (let n = 0; n < attributes; n++) item[`Other${n}_${random.below(1000)}`] = someValue(random, 1);
  return { ...item, ...keyOf(index, keys) };
}

/** A value of any of the ten types; collections nest up to three deep. */
function someValue(random: Random, depth: number): AttributeValue {
  const scalars = 8;
  switch (random.below(depth < 3 ? scalars + 2 : scalars)) {
    case 0:
      return { S: text(random) };
    case 1:
      return { N: number(random) };
    case 2:
      return { B: bytes(random, random.below(40)) };
    case 3:
      return { BOOL: random.oneIn(2) };
    case 4:
      return { NULL: true };
    case 5:
      return { SS: distinct(random, 1 + random.below(5), (n) => `${random.pick(words)}${n}`) };
    case 6:
      return { NS: distinct(random, 1 + random.below(5), (n) => (n % 3 === 0 ? `-${n + 1}.5` : String(n))) };
    case 7:
      return {
        BS: distinct(random, 1 + random.below(3), (n) => n).map((n) => Uint8Array.of(n >> 8, n & 255, 0)),
      };
    case 8:
      return { L: Array.from({ length: random.below(5) }, () => someValue(random, depth + 1)) };
    default:
      return { M: someMap(random, depth + 1) };
  }
}

function someMap(random: Random, depth: number): SdkItem {
  const map: SdkItem = {};
  for (let n = random.below(5); n > 0; n--) map[`${random.pick(words)}field${n}`] = someValue(random, depth);
  return map;
}

function text(random: Random): string {
  return Array.from({ length: random.below(6) }, () => random.pick(words)).join(' ');
}

function number(random: Random): string {
  return random.oneIn(4) ? random.pick(oddNumbers) : `${random.below(1_000_000)}.${1 + random.below(9)}`;
}

function bytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

function padding(random: Random, length: number): string {
  const quads = Math.ceil((length * 3) / 16);
  const noise = Buffer.allocUnsafe(quads * 4);
  for (let n = 0; n < quads; n++) noise.writeUInt32LE(random.below(2 ** 32), n * 4);
  return noise.toString('base64').slice(0, length);
}

function largeText(random: Random): string {
  const verse = Array.from({ length: 64 }, () => text(random)).join('\n');
  // Counted in bytes, as the 400 KB limit of an item is.
  return verse.repeat(Math.ceil((100_000 + random.below(200_000)) / Buffer.byteLength(verse)));
}

/** Values of a set, which must all differ. */
function distinct<T>(random: Random, count: number, valueFor: (n: number) => T): T[] {
  const numbers = new Set<number>();
  while (numbers.size < count) numbers.add(random.below(1_000));
  return [...numbers].map(valueFor);
}
