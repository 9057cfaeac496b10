import fc from 'fast-check';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';

/** Names that break naive programs: Object.prototype's, separators, quotes, other alphabets. */
export const oddNames = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'a.b',
  'a"b',
  'a\\b',
  'a:b#c',
  '',
  ' ',
  '\u2028',
  'naïve',
  'ключ',
  '😀',
  '\u0000',
  'S',
  'Item',
];

export const names = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 90 }) },
  { weight: 1, arbitrary: fc.constantFrom(...oddNames) },
);

export const strings = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ minLength: 55, maxLength: 75 }),
);

const digitText = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: min, maxLength: max });

/** Numbers in canonical form: digits without zeros at either end, put at a place within the range. */
export const numbers = fc.oneof(
  fc.constantFrom('0', '1', '-1', '19.95', '1718001234567890', '0.1', '-0.001', `1${'0'.repeat(125)}`),
  fc.integer().map(String),
  fc
    .record({
      sign: fc.constantFrom('', '-'),
      first: fc.integer({ min: 1, max: 9 }),
      middle: digitText(0, 36),
      last: fc.integer({ min: 1, max: 9 }),
      exponent: fc.oneof(fc.integer({ min: -130, max: 125 }), fc.integer({ min: -4, max: 40 })),
    })
    .map(
      ({ sign, first, middle, last, exponent }) => sign + plainDecimal(`${first}${middle}${last}`, exponent),
    ),
);

function plainDecimal(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

export const binaries = fc
  .oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ minLength: 180, maxLength: 300 }))
  .map((bytes) => Buffer.from(bytes));

const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    strings.map((S): AttributeValue => ({ S })),
    numbers.map((N): AttributeValue => ({ N })),
    binaries.map((B): AttributeValue => ({ B })),
    fc.boolean().map((BOOL): AttributeValue => ({ BOOL })),
    fc.constant<AttributeValue>({ NULL: true }),
    fc.uniqueArray(strings, { minLength: 1, maxLength: 4 }).map((SS): AttributeValue => ({ SS })),
    fc.uniqueArray(numbers, { minLength: 1, maxLength: 4 }).map((NS): AttributeValue => ({ NS })),
    fc
      .uniqueArray(binaries, { minLength: 1, maxLength: 4, selector: (b) => b.toString('hex') })
      .map((BS): AttributeValue => ({ BS })),
    fc.array(tie('value'), { maxLength: 4 }).map((L): AttributeValue => ({ L })),
    fc
      .uniqueArray(fc.tuple(names, tie('value')), { maxLength: 4, selector: ([name]) => name })
      .map((entries): AttributeValue => ({ M: new Map(entries) })),
  ),
}));

export const values = value;

export const attributes: fc.Arbitrary<Attributes> = fc
  .oneof(
    {
      weight: 9,
      arbitrary: fc.uniqueArray(fc.tuple(names, value), { maxLength: 8, selector: ([name]) => name }),
    },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(
        fc.tuple(
          names,
          strings.map((S): AttributeValue => ({ S })),
        ),
        { minLength: 60, maxLength: 80, selector: ([name]) => name },
      ),
    },
  )
  .map((entries) => new Map(entries));

/** A plain random number generator, for choices that need not shrink. */
export function generator(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
