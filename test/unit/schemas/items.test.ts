import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAttributes } from '../../../schemas/decode.ts';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { CodecError } from '../../../schemas/faults.ts';
import { itemToJson } from '../../../schemas/json-writer.ts';
import { ItemScanner, scanItem } from '../../../schemas/scanner.ts';
import { attributesFromJson } from '../../attributes-from-json.ts';
import { attributes, oddNames } from '../../conformance/arbitraries.ts';
import { holdable, itemType, wrap } from './oracle.ts';
import { toForeignAvro, toJson } from './writers.ts';

const RUNS = { numRuns: 150 };
const scan = (text: string | Buffer) => {
  const bytes = Buffer.from(text);
  return scanItem(bytes, 0, bytes.length);
};
const seeds = fc.integer({ min: 1 });

describe('an item', () => {
  test('keeps every value on every road: JSON, Avro, objects', () => {
    fc.assert(
      fc.property(attributes, (item) => {
        const json = toJson(item);
        const { avro, end } = scan(json);
        expect(end).toBe(Buffer.byteLength(json));
        expect(avro.equals(encodeAttributes(item))).toBe(true);
        expect(decodeAttributes(avro)).toEqual(item);
        expect(itemToJson(avro).toString()).toBe(json);
      }),
      RUNS,
    );
  });

  test('has the same bytes however its JSON is spaced and escaped', () => {
    fc.assert(
      fc.property(attributes, seeds, (item, seed) => {
        const text = toJson(item, seed);
        expect(scan(text).avro.equals(encodeAttributes(item))).toBe(true);
      }),
      RUNS,
    );
  });

  test('is read and written by another Avro library with the published schema', () => {
    fc.assert(
      fc.property(attributes.filter(holdable), (item) => {
        const ours = encodeAttributes(item);
        const wrapped = wrap(item);
        expect(itemType.fromBuffer(ours)).toEqual(wrapped);
        expect(decodeAttributes(itemType.toBuffer(wrapped))).toEqual(item);
      }),
      RUNS,
    );
  });

  test('is read from any legal Avro: many blocks, block sizes, long varints', () => {
    fc.assert(
      fc.property(attributes, seeds, (item, seed) => {
        const foreign = toForeignAvro(item, seed);
        expect(decodeAttributes(foreign)).toEqual(item);
        expect(itemToJson(foreign).toString()).toBe(toJson(item));
      }),
      RUNS,
    );
  });

  test('that JSON.parse refuses is refused, whatever byte of a good one is changed', () => {
    const alphabet = Buffer.from('{}[]":,\\ue+-.0149 SNBML\n\u0000\u001fab');
    fc.assert(
      fc.property(attributes, seeds, fc.nat(), fc.nat(), (item, seed, at, pick) => {
        const bytes = Buffer.from(toJson(item, seed));
        bytes[at % bytes.length] = pick % 5 === 0 ? pick & 255 : alphabet[pick % alphabet.length]!;
        let avro: Buffer;
        try {
          const scanned = scan(bytes);
          avro = scanned.avro;
          if (scanned.end !== bytes.length) return;
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
          return;
        }
        const parsed: unknown = JSON.parse(bytes.toString());
        expect(attributesFromJson(parsed)).toEqual(decodeAttributes(avro));
      }),
      { numRuns: 800 },
    );
  });

  test('that is cut off anywhere is refused, also when the buffer goes on behind the end', () => {
    const item = new Map([
      ['a', { S: 'x'.repeat(100) }],
      ['b', { L: [{ N: '1.5' }, { BOOL: true }, { NULL: true } as const, { B: Buffer.from('abc') }] }],
      ['c', { SS: ['é', '"'] }],
    ]);
    for (const text of [toJson(item), toJson(item, 77)]) {
      const bytes = Buffer.from(text);
      for (let end = 0; end < bytes.length; end++) {
        expect(() => scanItem(bytes, 0, end)).toThrow(CodecError);
        expect(() => scanItem(Buffer.from(bytes.subarray(0, end)), 0, end)).toThrow(CodecError);
      }
    }
  });

  test('whose Avro is cut off or changed never gives anything but a CodecError', () => {
    fc.assert(
      fc.property(attributes, fc.nat(), fc.nat(255), (item, at, byte) => {
        const avro = Buffer.from(encodeAttributes(item));
        const cut = avro.subarray(0, at % avro.length);
        expect(() => decodeAttributes(cut)).toThrow(CodecError);
        expect(() => itemToJson(cut)).toThrow(CodecError);
        avro[at % avro.length] = byte;
        for (const read of [decodeAttributes, itemToJson]) {
          try {
            read(avro);
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each(oddNames)('can have an attribute called %j', (name) => {
    const item = new Map([[name, { M: new Map([[name, { S: name }]]) }]]);
    const { avro } = scan(toJson(item));
    expect(decodeAttributes(avro)).toEqual(item);
    expect(itemToJson(avro).toString()).toBe(toJson(item));
    expect(attributesFromJson(JSON.parse(toJson(item)))).toEqual(item);
  });

  test.each([
    ['400 KB of text', new Map([['a', { S: 'é'.repeat(200_000) }]])],
    ['400 KB of escapes', new Map([['a', { S: '\n"'.repeat(200_000) }]])],
    ['400 KB of binary', new Map([['a', { B: Buffer.alloc(400_000, 0xa7) }]])],
    [
      '50 000 attributes',
      new Map(Array.from({ length: 50_000 }, (_, i) => [`n${i}`, { N: `${i}` }] as const)),
    ],
    ['50 000 elements in a set', new Map([['a', { NS: Array.from({ length: 50_000 }, (_, i) => `${i}`) }]])],
    [
      '100 000 elements in a list',
      new Map([['a', { L: Array.from({ length: 100_000 }, () => ({ S: '' })) }]]),
    ],
  ])('of %s passes', (_, item) => {
    const json = toJson(item);
    const { avro } = scan(json);
    expect(avro.equals(encodeAttributes(item))).toBe(true);
    expect(itemToJson(avro).toString() === json).toBe(true);
  });

  test('in a slab keeps its bytes while later items are scanned', () => {
    const scanner = new ItemScanner([{ name: 'k', type: 'N' }]);
    const kept: { expected: string; avro: Buffer; key: Buffer; keyHex: string }[] = [];
    for (let i = 0; i < 3000; i++) {
      const json = toJson(
        new Map<string, { S: string } | { N: string }>([
          ['s', { S: 'y'.repeat(i) }],
          ['k', { N: `${i}` }],
        ]),
      );
      const { avro, key } = scanner.scan(Buffer.from(json), 0, Buffer.byteLength(json));
      kept.push({ expected: json, avro, key, keyHex: key.toString('hex') });
    }
    for (const { expected, avro, key, keyHex } of kept) {
      expect(itemToJson(avro).toString() === expected).toBe(true);
      expect(key.toString('hex')).toBe(keyHex);
    }
  });

  test('can be scanned after one that was refused', () => {
    expect(() => scan('{"a":{"S":"x"},"b":{"S":1}}')).toThrow(CodecError);
    expect(itemToJson(scan('{"a":{"S":"x"}}').avro).toString()).toBe('{"a":{"S":"x"}}');
  });
});
