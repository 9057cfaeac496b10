import { gzipSync } from 'node:zlib';
import zstd from '@mongodb-js/zstd';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import snappy from 'snappy';
import { describe, expect, test } from 'vitest';
import { compressLz4 } from '../../../connectors/kafka/wire/codecs.ts';
import {
  BATCH_HEADER_BYTES,
  CONTROL,
  encodeBatch,
  type OutRecord,
  TRANSACTIONAL,
} from '../../../connectors/kafka/wire/record-batch.ts';
import { decodeRecords } from '../../../connectors/kafka/wire/record-decode.ts';

const plain = { producerId: -1n, epoch: -1, baseSequence: -1, transactional: false, codec: 'none' } as const;

/** As stock kafkajs 2.2.4 encodes the same three records. */
const GOLDEN =
  '000000000000000000000064ffffffff02c29df63c0010000000020000018bcfe568000000018c82b5c6000000000000001267000300000063' +
  '000000033a000000046b3104763104146d657373696e612e6f70027504c3bc0401020e008c0102010100180080f882ad1604046b330000';

const goldenRecords: OutRecord[] = [
  {
    key: Buffer.from('k1'),
    value: Buffer.from('v1'),
    timestampMs: 1_700_000_000_000,
    headers: [
      ['messina.op', 'u'],
      ['ü', Buffer.from([1, 2])],
    ],
  },
  { key: null, value: null, timestampMs: 1_700_000_000_070 },
  { key: Buffer.from('k3'), value: Buffer.alloc(0), timestampMs: 1_703_000_000_000 },
];

/** A batch moved to an offset, with other attributes or body, as a broker or another client would have it. */
function altered(batch: Buffer, change: { offset?: number; attributes?: number; body?: Buffer }): Buffer {
  const body = change.body ?? batch.subarray(BATCH_HEADER_BYTES);
  const copy = Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), body]);
  copy.writeBigInt64BE(BigInt(change.offset ?? 0), 0);
  copy.writeInt32BE(copy.length - 12, 8);
  if (change.attributes !== undefined) copy.writeInt16BE(change.attributes, 21);
  copy.writeUInt32BE(crc32c(copy.subarray(21)), 17);
  return copy;
}

function batchOf(values: string[], producerId = -1n, transactional = false): Buffer {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 5 }));
  return encodeBatch(records, { ...plain, producerId, transactional });
}

function marker(offset: number, producerId: bigint, type: 0 | 1): Buffer {
  const batch = encodeBatch([{ key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6), timestampMs: 5 }], {
    ...plain,
    producerId,
  });
  return altered(batch, { offset, attributes: TRANSACTIONAL | CONTROL });
}

describe('a record batch', () => {
  test('is byte for byte what kafkajs writes', () => {
    const writer = {
      producerId: 4711n,
      epoch: 3,
      baseSequence: 99,
      transactional: true,
      codec: 'none',
    } as const;
    expect(encodeBatch(goldenRecords, writer).toString('hex')).toBe(GOLDEN);
  });

  test('needs at least one record', () => {
    expect(() => encodeBatch([], plain)).toThrow(RangeError);
  });

  test('comes back as it was written, whatever it holds', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    const record = fc.record({
      key: fc.option(bytes),
      value: fc.option(bytes),
      timestampMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), bytes), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 40 }),
        fc.constantFrom('none' as const, 'lz4' as const),
        async (records, codec) => {
          const batch = encodeBatch(records, { ...plain, codec });
          const { records: read, nextOffset } = await decodeRecords(batch, 0, []);
          expect(nextOffset).toBe(records.length);
          expect(
            read.map((r) => ({ key: r.key, value: r.value, timestampMs: r.timestampMs, headers: r.headers })),
          ).toEqual(records);
          expect(read.map((r) => r.offset)).toEqual(records.map((_, i) => i));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('keeps an 8 MiB record and 200 000 records of one batch', async () => {
    const big = { key: Buffer.from('k'), value: Buffer.alloc(8 << 20, 7), timestampMs: 1 };
    expect((await decodeRecords(encodeBatch([big], plain), 0, [])).records[0]?.value?.equals(big.value)).toBe(
      true,
    );
    const many = Array.from({ length: 200_000 }, () => ({
      key: null,
      value: Buffer.from('x'),
      timestampMs: 1,
    }));
    expect((await decodeRecords(encodeBatch(many, { ...plain, codec: 'lz4' }), 0, [])).records).toHaveLength(
      200_000,
    );
  });

  test.each([
    ['gzip', 1, (body: Buffer) => gzipSync(body)],
    ['raw snappy', 2, (body: Buffer) => snappy.compressSync(body)],
    ['lz4', 3, (body: Buffer) => compressLz4(body)],
    ['zstd', 4, (body: Buffer) => zstd.compress(body)],
    [
      'snappy in two xerial blocks',
      2,
      (body: Buffer) => {
        const blocks = [body.subarray(0, 9), body.subarray(9)].map((block) => snappy.compressSync(block));
        const framed = blocks.flatMap((block) => {
          const length = Buffer.alloc(4);
          length.writeInt32BE(block.length);
          return [length, block];
        });
        return Buffer.concat([Buffer.from('82534e4150505900' + '0000000100000001', 'hex'), ...framed]);
      },
    ],
  ])('is read when compressed with %s', async (_name, codec, compress) => {
    const batch = batchOf(['one', 'two', 'three']);
    const body = await compress(batch.subarray(BATCH_HEADER_BYTES));
    const { records } = await decodeRecords(altered(batch, { offset: 10, attributes: codec, body }), 10, []);
    expect(records.map((r) => `${r.offset} ${r.value}`)).toEqual(['10 one', '11 two', '12 three']);
  });
});

describe('a fetched record set', () => {
  test('begins where it was asked, though a batch begins before', async () => {
    const set = Buffer.concat([
      altered(batchOf(['a', 'b', 'c']), { offset: 7 }),
      altered(batchOf(['d']), { offset: 10 }),
    ]);
    const { records, nextOffset } = await decodeRecords(set, 9, []);
    expect(records.map((r) => `${r.offset} ${r.value}`)).toEqual(['9 c', '10 d']);
    expect(nextOffset).toBe(11);
  });

  test('may end in a cut-off batch, which is left for the next fetch', async () => {
    const set = Buffer.concat([batchOf(['a']), altered(batchOf(['b']), { offset: 1 })]);
    for (const cut of [1, 20, 61, 68]) {
      const { records, nextOffset } = await decodeRecords(set.subarray(0, set.length - cut), 0, []);
      expect([records.length, nextOffset]).toEqual([1, 1]);
    }
    expect(await decodeRecords(Buffer.alloc(0), 5, [])).toEqual({ records: [], nextOffset: 5, bytes: 0 });
  });

  test('with a flipped bit is refused', async () => {
    const set = batchOf(['abcdef']);
    set[set.length - 3]! ^= 1;
    await expect(decodeRecords(set, 0, [])).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE' });
  });

  test('hides control batches and aborted ones, and still moves past them', async () => {
    const set = Buffer.concat([
      altered(batchOf(['committed'], 1n, true), { offset: 0, attributes: TRANSACTIONAL }),
      altered(batchOf(['aborted'], 2n, true), { offset: 1, attributes: TRANSACTIONAL }),
      altered(batchOf(['plain'], 2n), { offset: 2, attributes: 0 }),
      marker(3, 1n, 1),
      marker(4, 2n, 0),
      altered(batchOf(['again'], 2n, true), { offset: 5, attributes: TRANSACTIONAL }),
      marker(6, 2n, 1),
    ]);
    const { records, nextOffset } = await decodeRecords(set, 0, [{ producerId: 2n, firstOffset: 1 }]);
    expect(records.map((r) => String(r.value))).toEqual(['committed', 'plain', 'again']);
    expect(nextOffset).toBe(7);
  });

  test('knows two aborted transactions of one producer in a row', async () => {
    const set = Buffer.concat([
      altered(batchOf(['x'], 2n, true), { offset: 0, attributes: TRANSACTIONAL }),
      marker(1, 2n, 0),
      altered(batchOf(['y'], 2n, true), { offset: 2, attributes: TRANSACTIONAL }),
      marker(3, 2n, 0),
      altered(batchOf(['z'], 2n, true), { offset: 4, attributes: TRANSACTIONAL }),
    ]);
    const aborted = [
      { producerId: 2n, firstOffset: 2 },
      { producerId: 2n, firstOffset: 0 },
    ];
    const { records } = await decodeRecords(set, 0, aborted);
    expect(records.map((r) => String(r.value))).toEqual(['z']);
  });
});
