import zstd from '@mongodb-js/zstd';
import { crc32c } from '@node-rs/crc32';
import { describe, expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { WireCall } from '../../../connectors/kafka/kafkajs.ts';
import { type FetchedBatch, TopicReader } from '../../../connectors/kafka/reader.ts';
import { CODEC } from '../../../connectors/kafka/wire/codecs.ts';
import { BATCH_HEADER_BYTES, encodeBatch } from '../../../connectors/kafka/wire/record-batch.ts';
import { WireReader, WireWriter } from '../../../connectors/kafka/wire/wire.ts';

interface Asked {
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[];
  answer(parts: readonly Part[]): void;
}

interface Part {
  readonly partition: number;
  readonly set?: Buffer;
  readonly errorCode?: number;
  /** Default 100, as the high watermark. */
  readonly stable?: number;
}

/** A client of one broker that leads everything; its Fetch requests are answered by the test. */
function world() {
  const asked: Asked[] = [];
  const link = {
    request: (call: WireCall) =>
      new Promise<Buffer>((resolve) => {
        asked.push({ partitions: partitionsOf(call), answer: (parts) => resolve(answerOf(parts)) });
      }),
  };
  const cluster = {
    learn: async () => {},
    leaderOf: async () => 1,
    linkTo: async () => link,
    forgetTopic: () => {},
  };
  const links = { close: async () => {} };
  const said: string[] = [];
  const log = (level: string, message: string) => void said.push(`${level} ${message}`);
  const client = { cluster, links, newLinks: () => links, requestTimeoutMs: 1000, log };
  return { asked, said, reader: new TopicReader(client as unknown as KafkaClient, { maxWaitMs: 20 }) };
}

function partitionsOf({ body }: WireCall) {
  const wire = new WireReader(Buffer.concat(body));
  for (let i = 0; i < 4; i++) wire.int32();
  wire.int8();
  wire.int32();
  wire.int32();
  const topics = wire.array(() => {
    wire.string();
    return wire.array(() => {
      const partition = wire.int32();
      wire.int32();
      const offset = wire.int64();
      wire.int64();
      wire.int32();
      return { partition, offset };
    });
  });
  return topics.flat();
}

function answerOf(parts: readonly Part[]): Buffer {
  const wire = new WireWriter().int32(0).int16(0).int32(0).int32(1).string('t').int32(parts.length);
  for (const { partition, set = Buffer.alloc(0), errorCode = 0, stable = 100 } of parts) {
    wire.int32(partition).int16(errorCode).int64(100).int64(stable).int64(0).int32(0).int32(-1).bytes(set);
  }
  return Buffer.concat(wire.parts());
}

const writer = {
  producerId: -1n,
  epoch: -1,
  baseSequence: -1,
  transactional: false,
  codec: 'none',
} as const;
const batch = (value: string | Buffer) =>
  encodeBatch([{ key: null, value: Buffer.from(value), timestampMs: 1 }], writer);

/** The batch as a broker has it that packs anew with zstd, which is unpacked in the background. */
async function inZstd(plain: Buffer): Promise<Buffer> {
  const body = await zstd.compress(plain.subarray(BATCH_HEADER_BYTES));
  const packed = Buffer.concat([plain.subarray(0, BATCH_HEADER_BYTES), body]);
  packed.writeInt32BE(packed.length - 12, 8);
  packed.writeInt16BE(CODEC.zstd, 21);
  packed.writeUInt32BE(crc32c(packed.subarray(21)), 17);
  return packed;
}

async function fetchUntil(reader: TopicReader, done: () => boolean): Promise<FetchedBatch[]> {
  const batches: FetchedBatch[] = [];
  while (!done()) batches.push(...(await reader.fetch()));
  return batches;
}

describe('a reader of topics', () => {
  test('has one request under way for a partition, though others of the same answer are still unpacked', async () => {
    const { asked, reader } = world();
    await using _reader = reader;
    reader.assign('t', 0, 0);
    reader.assign('t', 1, 0);
    await fetchUntil(reader, () => asked.length === 1);
    const slow = await inZstd(batch(Buffer.alloc(8 << 20, 'a')));
    asked[0]!.answer([
      { partition: 0, set: batch('x') },
      { partition: 1, set: slow },
    ]);
    // Something else wakes it when the first is there and the second is not.
    await new Promise((resolve) => setImmediate(resolve));
    reader.resume('t', 0);
    let seen = 0;
    while (seen < 2) seen += (await reader.fetch()).length;
    for (let i = 0; i < 3; i++) await reader.fetch();
    const again = asked.slice(1).flatMap(({ partitions }) => partitions.filter((one) => one.partition === 0));
    expect(again).toEqual([{ partition: 0, offset: 1 }]);
  });

  test('names the partition that can never be read, and goes on with the others without it', async () => {
    const { asked, reader } = world();
    await using _reader = reader;
    reader.assign('t', 0, 7);
    reader.assign('t', 1, 0);
    await fetchUntil(reader, () => asked.length === 1);
    asked[0]!.answer([
      { partition: 0, errorCode: 1 },
      { partition: 1, set: batch('x') },
    ]);
    await expect(fetchUntil(reader, () => false)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    expect(reader.faults()).toMatchObject([
      { topic: 't', partition: 0, error: { code: 'OFFSET_OUT_OF_RANGE' } },
    ]);
    reader.unassign('t', 0);
    expect(reader.faults()).toEqual([]);
    expect(await reader.fetch()).toMatchObject([{ partition: 1, nextOffset: 1 }]);
  });

  test('says what records hold in memory, however small they were packed', async () => {
    const { asked, reader } = world();
    await using _reader = reader;
    reader.assign('t', 0, 0);
    await fetchUntil(reader, () => asked.length === 1);
    const value = Buffer.alloc(1 << 20, 'a');
    asked[0]!.answer([
      { partition: 0, set: encodeBatch([{ key: null, value, timestampMs: 1 }], { ...writer, codec: 'lz4' }) },
    ]);
    let batches: FetchedBatch[] = [];
    while (batches.length === 0) batches = await reader.fetch();
    expect(batches[0]!.bytes).toBeGreaterThanOrEqual(1 << 20);
  });

  test('says which partition is held up by a transaction that never ends', async () => {
    const { asked, said, reader } = world();
    await using _reader = reader;
    let laterMs = 0;
    const now = performance.now.bind(performance);
    using _clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + laterMs);
    reader.assign('t', 0, 60);
    for (let answered = 0; answered < 3; answered++) {
      await fetchUntil(reader, () => asked.length > answered);
      expect(said).toEqual([]);
      asked[answered]!.answer([{ partition: 0, stable: 60 }]);
      await fetchUntil(reader, () => asked.length > answered + 1);
      laterMs += 95_000;
    }
    expect(said).toEqual([expect.stringMatching(/^warn .* "t" partition 0 for 3 min, .* offset 60 /)]);
  });
});
