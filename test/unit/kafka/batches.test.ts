import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sendInRounds } from '../../../connectors/kafka/send-rounds.ts';
import {
  BATCH_BYTES_MAX,
  cutRecords,
  Sequences,
  sequenceAfter,
} from '../../../connectors/kafka/wire/batches.ts';
import { recordBytesMax } from '../../../connectors/kafka/wire/record-batch.ts';

const record = (bytes: number) => ({ key: null, value: Buffer.alloc(bytes), timestampMs: 1 });
const writer = { producerId: 1n, epoch: 0, transactional: true, codec: 'none' } as const;
const baseSequenceOf = (batch: Buffer) => batch.readInt32BE(53);
const countOf = (batch: Buffer) => batch.readInt32BE(57);

describe('cutting records into batches', () => {
  test('keeps all of them in order, each batch within a MiB unless it is a single record', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_500_000 }), { maxLength: 12 }), (sizes) => {
        const records = sizes.map(record);
        const runs = cutRecords(records);
        expect(runs.flatMap((run) => run.records)).toEqual(records);
        for (const run of runs) {
          expect(run.bytes).toBe(run.records.reduce((sum, each) => sum + recordBytesMax(each), 0));
          expect(run.records.length === 1 || run.bytes <= BATCH_BYTES_MAX).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('sequence numbers', () => {
  test('wrap from 2^31 − 1 to 0', () => {
    expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0);
    expect(sequenceAfter(2 ** 31 - 2, 5)).toBe(3);
  });

  test('count per partition and start again with a new epoch', () => {
    const sequences = new Sequences();
    const encode = (partition: number) =>
      baseSequenceOf(sequences.encode('t', partition, [record(1), record(1)], writer));
    expect([encode(0), encode(0), encode(1), encode(0)]).toEqual([0, 2, 0, 4]);
    sequences.clear();
    expect(encode(0)).toBe(0);
  });
});

describe('sending in rounds', () => {
  test('has one batch per partition in a round, in order, within 8 MiB', async () => {
    const entries = [
      { topic: 't', partition: 0, records: Array.from({ length: 5 }, () => record(600_000)) },
      { topic: 't', partition: 1, records: [record(10)] },
      { topic: 't', partition: 0, records: [record(20)] },
      { topic: 't', partition: 2, records: [] },
      { topic: 'u', partition: 0, records: [record(7_900_000)] },
    ];
    const rounds: string[][] = [];
    let offset = 100;
    const offsets = await sendInRounds(entries, new Sequences(), writer, async (round) => {
      rounds.push(
        round.map(
          (part) =>
            `${part.topic}${part.partition} from ${baseSequenceOf(part.batch)} ×${countOf(part.batch)}`,
        ),
      );
      return round.map(() => offset++);
    });
    expect(rounds).toEqual([
      ['t0 from 0 ×1', 't1 from 0 ×1'],
      ['t0 from 1 ×1'],
      ['t0 from 2 ×1'],
      ['t0 from 3 ×1'],
      ['t0 from 4 ×1'],
      ['t0 from 5 ×1', 'u0 from 0 ×1'],
    ]);
    expect(offsets).toEqual([100, 101, 106, -1, 107]);
  });
});
