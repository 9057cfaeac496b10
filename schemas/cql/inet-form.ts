import { isIPv4, isIPv6 } from 'node:net';
import type { ScalarForm } from './avro-codec.ts';
import { notOfType } from './faults.ts';
import { Misfit } from './value-codec.ts';

const TEXT_BYTES_MAX = 45;
const GROUPS = 8;
const noAddress = new Misfit('is no IPv4 or IPv6 address');

/** An address: 4 bytes of IPv4 or 16 of IPv6. An IPv4 address written as IPv6 stays IPv6. */
export const inet: ScalarForm = {
  S: (bytes, from, to) => {
    if (to - from > TEXT_BYTES_MAX) return noAddress;
    const text = bytes.toString('latin1', from, to);
    if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
    // The name of an interface behind the address has no place in an inet.
    return isIPv6(text) && !text.includes('%') ? parseIPv6(text) : noAddress;
  },
  merges: true,
  decode: (bytes) => {
    if (bytes.length === 4) return { S: bytes.join('.') };
    if (bytes.length === 16) return { S: ipv6Text(bytes) };
    throw notOfType('inet');
  },
  canonical: (bytes) => bytes,
};

function parseIPv6(text: string): Buffer {
  const [front, back] = text.split('::');
  const left = groupsOf(front!);
  const right = back === undefined ? [] : groupsOf(back);
  const groups = [...left, ...new Array<number>(GROUPS - left.length - right.length).fill(0), ...right];
  const out = Buffer.allocUnsafe(GROUPS * 2);
  groups.forEach((group, i) => {
    out.writeUInt16BE(group, i * 2);
  });
  return out;
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a, b, c, d] = group.split('.').map(Number);
    return [a! * 256 + b!, c! * 256 + d!];
  });
}

/** RFC 5952: small letters, the longest run of zeros left out, the last 32 bits dotted in an IPv4-mapped address. */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: GROUPS }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  if (bytes.readUIntBE(0, 6) === 0 && bytes.readUIntBE(6, 6) === 0xffff) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  let runAt = 0;
  let runLength = 0;
  for (let at = 0; at < GROUPS; at++) {
    let end = at;
    while (groups[end] === '0') end++;
    if (end - at > runLength) {
      runAt = at;
      runLength = end - at;
    }
  }
  if (runLength < 2) return groups.join(':');
  return `${groups.slice(0, runAt).join(':')}::${groups.slice(runAt + runLength).join(':')}`;
}
