import { describe, expect, test } from 'vitest';
import { murmur2, partitionOf } from '../../../connectors/kafka/wire/murmur2.ts';

describe('murmur2', () => {
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("gives what Kafka's Utils gives for %s", (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test('makes partitions of negative hashes too', () => {
    expect(partitionOf(Buffer.from('foobar'), 1000)).toBe((-790332482 & 0x7fffffff) % 1000);
    expect(partitionOf(Buffer.alloc(0), 1)).toBe(0);
  });
});
