import { createHash } from 'node:crypto';
import { BRANCH, checkDepth } from './attribute-types.ts';
import { AvroReader } from './avro-reader.ts';
import { SlabWriter } from './bytes.ts';
import { copyNumber } from './number-bytes.ts';
import { readBranch } from './skip-avro.ts';

/** Bytes of a digest: two items among 2^40 that differ and look equal have a chance of about 2^-49. */
export const DIGEST_BYTES = 16;

const scratch = new SlabWriter();
const reader = new AvroReader(Buffer.alloc(0));

/**
 * What equal items have in common and others have not: 16 bytes, whatever the order of attributes, of the members of maps and
 * of the elements of sets. Lists keep their order.
 */
export function itemDigest(avro: Buffer): Buffer {
  reader.reset(avro);
  scratch.drop();
  copyMap(0);
  reader.finish();
  const sorted = scratch.slab.subarray(scratch.start, scratch.pos);
  return createHash('sha256').update(sorted).digest().subarray(0, DIGEST_BYTES);
}

/** The names of the attributes that differ or that only one of two items has, sorted. */
export function attributeDifferences(a: Buffer, b: Buffer): string[] {
  const left = attributeBytes(a);
  const right = attributeBytes(b);
  const names = new Set([...left.keys(), ...right.keys()]);
  const differing = [...names].filter((name) => {
    const bytes = left.get(name);
    const others = right.get(name);
    return bytes === undefined || others === undefined || !bytes.equals(others);
  });
  return differing.sort();
}

/** The values of the attributes of an item, each in the order-independent form. */
function attributeBytes(avro: Buffer): Map<string, Buffer> {
  const values = new Map<string, Buffer>();
  reader.reset(avro);
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) {
      const name = reader.text();
      scratch.drop();
      copyValue(0);
      values.set(name, Buffer.from(scratch.slab.subarray(scratch.start, scratch.pos)));
    }
  }
  reader.finish();
  return values;
}

function copyMap(depth: number): void {
  sortedBlocks(() => {
    copyText();
    copyValue(depth);
  });
}

function copyValue(depth: number): void {
  const branch = readBranch(reader);
  scratch.byte(branch);
  switch (branch) {
    case BRANCH.S:
    case BRANCH.B:
      copyText();
      break;
    case BRANCH.N:
      copyNumberText();
      break;
    case BRANCH.BOOL:
      scratch.byte(reader.boolean() ? 1 : 0);
      break;
    case BRANCH.NULL:
      break;
    case BRANCH.M:
      checkDepth(depth + 1, reader.pos);
      copyMap(depth + 1);
      break;
    case BRANCH.L:
      checkDepth(depth + 1, reader.pos);
      copyBlocks(() => copyValue(depth + 1));
      break;
    case BRANCH.NS:
      sortedBlocks(copyNumberText);
      break;
    default:
      sortedBlocks(copyText);
  }
}

function copyText(): void {
  const size = reader.length();
  scratch.long(size);
  scratch.appendRange(reader.buffer, reader.pos, reader.pos + size);
  reader.pos += size;
}

function copyNumberText(): void {
  const size = reader.length();
  copyNumber(scratch, reader.buffer, reader.pos, reader.pos + size);
  reader.pos += size;
}

/** Copies the entries of a map or array, in their order and with their number behind them. */
function copyBlocks(copyEntry: () => void, ends?: number[]): void {
  let total = 0;
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) {
      copyEntry();
      ends?.push(scratch.length);
    }
    total += count;
  }
  scratch.long(total);
}

/** As {@link copyBlocks}, the entries in the order of their bytes. */
function sortedBlocks(copyEntry: () => void): void {
  const from = scratch.length;
  const ends: number[] = [];
  copyBlocks(copyEntry, ends);
  if (ends.length < 2) return;
  const region = Buffer.from(scratch.slab.subarray(scratch.start + from, scratch.start + ends.at(-1)!));
  const entries = ends.map((end, i) => region.subarray(i === 0 ? 0 : ends[i - 1]! - from, end - from));
  entries.sort(Buffer.compare);
  let at = scratch.start + from;
  for (const entry of entries) {
    entry.copy(scratch.slab, at);
    at += entry.length;
  }
}
