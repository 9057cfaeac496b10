import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NumberTally } from '../../../migration/infer/number-tally.ts';
import { numbers } from '../../conformance/arbitraries.ts';

function tallyOf(...texts: readonly string[]): NumberTally {
  const tally = new NumberTally();
  for (const text of texts) tally.add(text);
  return tally;
}

describe('the type of numbers', () => {
  test.each([
    ['bigint', ['0', '-1', '12']],
    ['bigint', ['9223372036854775807', '-9223372036854775808']],
    ['bigint', ['999999999999999999', '-99999999999999999']],
    ['varint', ['9223372036854775808']],
    ['varint', ['1', '-9223372036854775809']],
    ['varint', [`1${'0'.repeat(125)}`, '3']],
    ['decimal', ['1', '2', '0.5']],
    ['decimal', ['-12345678901234567890.5']],
  ])('%s holds %j', (type, texts) => {
    expect(tallyOf(...texts).type).toBe(type);
  });

  test('is decimal exactly when one of them has a fraction, and bigint exactly when all are in its range', () => {
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 6 }), (texts) => {
        const wholes = texts.every((text) => !text.includes('.'));
        const fits = wholes && texts.every((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text));
        expect(tallyOf(...texts).type).toBe(fits ? 'bigint' : wholes ? 'varint' : 'decimal');
      }),
    );
  });

  test('int is told where all fit it', () => {
    expect(tallyOf('2147483647', '-2147483648').allInts).toBe(true);
    expect(tallyOf('2147483648', '1').allInts).toBe(false);
    expect(tallyOf('-2147483649').allInts).toBe(false);
    expect(tallyOf('1', '1.5').allInts).toBe(false);
  });
});

describe('numbers that may be times', () => {
  test.each([
    ['seconds', ['946684800', '1763686800', '4102444799']],
    ['milliseconds', ['946684800000', '1763686800000']],
    ['microseconds', ['1763686800000000', '1763686800123000']],
    [null, ['1763686800000000', '1763686800123456']],
    [null, ['946684799']],
    [null, ['4102444800']],
    [null, ['1763686800', '1763686800000']],
    [null, ['1763686800', '7']],
    [null, ['1763686800', '1763686800.5']],
    [null, ['-1763686800']],
  ])('count %s: %j', (unit, texts) => {
    expect(tallyOf(...texts).epochUnit).toBe(unit);
  });
});
