import { gunzipSync } from 'node:zlib';
import zstd from '@mongodb-js/zstd';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';
import { KafkaError } from '../errors.ts';

/** Codec numbers in the low three bits of a record batch's attributes. */
export const CODEC = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** What a producer may write; every codec is read. */
export type WriteCodec = 'none' | 'lz4';

const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Header, version and compatible version: 8 + 4 + 4 bytes before the first block. */
const XERIAL_HEADER_BYTES = 16;

/** Java's clients frame snappy in blocks (xerial's SnappyOutputStream); librdkafka writes one raw block. */
function readSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_HEADER.length).equals(XERIAL_HEADER)) return snappyBlock(bytes);
  const blocks: Buffer[] = [];
  let at = XERIAL_HEADER_BYTES;
  while (at < bytes.length) {
    const length = bytes.readInt32BE(at);
    blocks.push(snappyBlock(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

function snappyBlock(block: Buffer): Buffer {
  const plain = uncompressSync(block, { asBuffer: true });
  return typeof plain === 'string' ? Buffer.from(plain) : plain;
}

/** The lz4 frame of a batch's records. */
export function compressLz4(bytes: Buffer): Buffer {
  return compressFrameSync(bytes);
}

/** Undoes a batch's compression; only zstd answers with a promise (its library has no synchronous call). */
export function decompress(codec: number, bytes: Buffer): Buffer | Promise<Buffer> {
  switch (codec) {
    case CODEC.none:
      return bytes;
    case CODEC.gzip:
      return gunzipSync(bytes);
    case CODEC.snappy:
      return readSnappy(bytes);
    case CODEC.lz4:
      return decompressFrameSync(bytes);
    case CODEC.zstd:
      return zstd.decompress(bytes);
    default:
      throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `codec ${codec} of a record batch is unknown`);
  }
}
