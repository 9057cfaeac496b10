import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AvroReader } from '../../../schemas/avro-reader.ts';
import { decodeBase64, decodedSize, encodeBase64 } from '../../../schemas/base64.ts';
import { SlabWriter } from '../../../schemas/bytes.ts';
import { Distinct, hashBytes } from '../../../schemas/distinct.ts';

/** The varint of a long as the Avro specification defines it. */
function zigzag(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

describe('a long', () => {
  const edges = [
    0,
    1,
    63,
    64,
    8191,
    8192,
    2 ** 27 - 1,
    2 ** 27,
    2 ** 28,
    2 ** 31,
    2 ** 32,
    2 ** 52,
    Number.MAX_SAFE_INTEGER,
  ];
  const longs = fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat(), fc.nat());

  test('is written in its shortest form and read back', () => {
    fc.assert(
      fc.property(longs, (value) => {
        const out = new SlabWriter(64);
        out.long(value);
        const bytes = out.take();
        expect(bytes).toEqual(zigzag(BigInt(value)));
        expect(new AvroReader(bytes).long()).toBe(value);
        expect(new AvroReader(zigzag(BigInt(-value))).long() + value).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([-1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('%d cannot be written', (value) => {
    expect(() => new SlabWriter(64).long(value)).toThrow(
      expect.objectContaining({ code: 'AVRO_INVALID' }) as Error,
    );
  });

  test.each([
    ['beyond 2^53', zigzag(2n ** 53n)],
    ['below -2^53', zigzag(-(2n ** 53n) - 1n)],
    ['at the end of 64 bits', zigzag(2n ** 63n - 1n)],
    ['of eleven bytes', Buffer.from('8080808080808080808000', 'hex')],
    ['cut short', Buffer.from('ff', 'hex')],
  ])('%s is refused', (_, bytes) => {
    expect(() => new AvroReader(bytes).long()).toThrow(
      expect.objectContaining({ code: 'AVRO_INVALID' }) as Error,
    );
  });
});

describe('a slab writer', () => {
  test('hands out pieces that stay as they are, whatever is written later', () => {
    const piece = fc.array(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constant('é'.repeat(50))),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const out = new SlabWriter(128);
        const expected = pieces.map((texts) =>
          Buffer.concat(
            texts.flatMap((text) => [zigzag(BigInt(Buffer.byteLength(text))), Buffer.from(text)]),
          ),
        );
        const taken = pieces.map((texts) => {
          out.text('dropped');
          out.drop();
          for (const text of texts) out.text(text);
          return out.take();
        });
        expect(taken).toEqual(expected);
      }),
    );
  });
});

describe('base64', () => {
  const encode = (bytes: Buffer) => {
    const target = Buffer.alloc(Math.ceil(bytes.length / 3) * 4);
    expect(encodeBase64(bytes, 0, bytes.length, target, 0)).toBe(target.length);
    return target.toString();
  };
  const decode = (text: string) => {
    const bytes = Buffer.from(text);
    const size = decodedSize(bytes, 0, bytes.length);
    if (size < 0) return null;
    const target = Buffer.alloc(size);
    return decodeBase64(bytes, 0, bytes.length, target, 0) === -1 ? target : null;
  };

  test("is Node's, and nothing but what Node writes is accepted", () => {
    const bytes = fc.uint8Array({ maxLength: 260 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(
        bytes,
        fc.string({ unit: fc.constantFrom(...'AQgw9+/=-_ '), maxLength: 9 }),
        (content, text) => {
          expect(encode(content)).toBe(content.toString('base64'));
          expect(decode(content.toString('base64'))).toEqual(content);
          const found = decode(text);
          if (found !== null) expect(found.toString('base64')).toBe(text);
          else expect(Buffer.from(text, 'base64').toString('base64')).not.toBe(text);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('distinct', () => {
  test('finds what comes twice in a scope, also where hashes collide and the table grows', () => {
    const words = fc.array(fc.tuple(fc.nat(3), fc.string({ minLength: 1, maxLength: 2 })), {
      maxLength: 600,
    });
    const distinct = new Distinct();
    fc.assert(
      fc.property(words, fc.boolean(), (entries, collide) => {
        distinct.clear();
        const scopes = [0, 1, 2, 3].map(() => distinct.openScope());
        const bytes = Buffer.from(entries.map(([, text]) => text).join(''));
        const seen = new Set<string>();
        let from = 0;
        for (const [scope, text] of entries) {
          const size = Buffer.byteLength(text);
          const hash = collide ? 7 : hashBytes(bytes, from, from + size);
          expect(distinct.add(scopes[scope]!, hash, bytes, 0, from, size)).toBe(
            !seen.has(`${scope} ${text}`),
          );
          seen.add(`${scope} ${text}`);
          from += size;
        }
      }),
    );
  });
});
