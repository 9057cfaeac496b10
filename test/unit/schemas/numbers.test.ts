import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError } from '../../../schemas/faults.ts';
import { canonicalNumber, canonicalNumberEnd } from '../../../schemas/numbers.ts';
import { numbers } from '../../conformance/arbitraries.ts';

const nines = '9'.repeat(38);

describe('a number', () => {
  test.each([
    ['1', '1'],
    ['1.0', '1'],
    ['1e0', '1'],
    ['+1', '1'],
    ['01', '1'],
    ['-0', '0'],
    ['-0.000', '0'],
    ['0e999', '0'],
    ['000', '0'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['103.', '103'],
    ['6E2', '600'],
    ['1.50', '1.5'],
    ['-1.5E-3', '-0.0015'],
    ['123e-2', '1.23'],
    ['0.00012300', '0.000123'],
    ['1000', '1000'],
    ['1E+125', `1${'0'.repeat(125)}`],
    ['1E-130', `0.${'0'.repeat(129)}1`],
    ['1.5E-130', `0.${'0'.repeat(129)}15`],
    [`9.${'9'.repeat(37)}E125`, nines + '0'.repeat(88)],
    [nines, nines],
    [`0.${nines}`, `0.${nines}`],
    [`${'0'.repeat(500)}7${'0'.repeat(100)}.${'0'.repeat(500)}`, `7${'0'.repeat(100)}`],
  ])('%s is written %s', (text, canonical) => {
    expect(canonicalNumber(text)).toBe(canonical);
    expect(canonicalNumber(canonical)).toBe(canonical);
  });

  test.each([
    [
      'NUMBER_INVALID',
      ['', '.', '-', '+', 'e1', '1e', '1e+', '1..2', '--1', '1 ', '1_000', '1,5', '٣', '0x1', 'NaN', '1d2'],
    ],
    ['NUMBER_PRECISION', [`1${nines}`, `${nines}.1`, `1${'0'.repeat(38)}1`]],
    [
      'NUMBER_RANGE',
      ['1e126', '10e125', '1e-131', `1${'0'.repeat(126)}`, `1e${'1'.repeat(1000)}`, '1e-99999'],
    ],
  ] as const)('is refused with %s', (code, texts) => {
    for (const text of texts) {
      expect(() => canonicalNumber(text)).toThrow(expect.objectContaining({ code }) as CodecError);
    }
  });

  test('that is canonical stays as it is, and so does every other spelling of it', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: -200, max: 200 }), fc.nat(5), (text, shift, zeros) => {
        expect(canonicalNumber(text)).toBe(text);
        const [, sign, whole, fraction] = /^(-?)(\d+)\.?(\d*)$/.exec(text)!;
        const all = whole! + fraction!;
        const point = whole!.length + shift;
        const moved =
          point <= 0
            ? `.${'0'.repeat(-point)}${all}`
            : `${all.slice(0, point).padEnd(point, '0')}.${all.slice(point)}`;
        const negative = text === '0' ? '-' : sign;
        expect(canonicalNumber(`${negative}${'0'.repeat(zeros)}${moved}${'0'.repeat(zeros)}e${-shift}`)).toBe(
          text,
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('found canonical in bytes is one that canonicalNumber leaves as it is', () => {
    const texts = fc.oneof(numbers, fc.string({ unit: fc.constantFrom(...'-00123.9e+ '), maxLength: 45 }));
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = Buffer.from(`"${text}"`);
        const end = canonicalNumberEnd(bytes, 1, bytes.length - 1);
        if (end === bytes.length - 1) expect(canonicalNumber(text)).toBe(text);
        else if (/^-?(0|[1-9]\d{0,20})(\.\d{0,15}[1-9])?$/.test(text) && text !== '-0')
          expect.fail(`${text} was not seen`);
      }),
      { numRuns: 3000 },
    );
  });

  test('of a million digits is refused in no time', () => {
    const digits = '1'.repeat(1_000_000);
    expect(() => canonicalNumber(`${digits}x`)).toThrow(CodecError);
    expect(() => canonicalNumber(`${digits}.${digits}x`)).toThrow(CodecError);
    expect(canonicalNumber(`${'0'.repeat(1_000_000)}1`)).toBe('1');
  });
});
