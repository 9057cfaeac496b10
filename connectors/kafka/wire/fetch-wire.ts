import { groupBy } from '../group-by.ts';
import type { WireCall } from '../kafkajs.ts';
import type { AbortedTransaction } from './record-decode.ts';
import { WireReader, WireWriter } from './wire.ts';

const FETCH = 1;
/** Version 11: the last without flexible fields; brokers from 2.4 to 4.x speak it. */
const FETCH_VERSION = 11;
const READ_COMMITTED = 1;

/** What is asked of one partition. */
export interface FetchFrom {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
}

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
}

/** What came of one partition. */
export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly recordSet: Buffer;
}

/** A Fetch for a read_committed reader without a fetch session. */
export function fetchCall(partitions: readonly FetchFrom[], limits: FetchLimits): WireCall {
  const writer = new WireWriter();
  writer.int32(-1).int32(limits.maxWaitMs).int32(limits.minBytes).int32(limits.maxBytes).int8(READ_COMMITTED);
  writer.int32(0).int32(-1);
  const byTopic = groupBy(partitions, (from) => from.topic);
  writer.int32(byTopic.size);
  for (const [topic, froms] of byTopic) {
    writer.string(topic).int32(froms.length);
    for (const from of froms) {
      writer.int32(from.partition).int32(-1).int64(from.offset).int64(-1).int32(from.maxBytes);
    }
  }
  writer.int32(0).string('');
  return { apiKey: FETCH, apiVersion: FETCH_VERSION, apiName: 'Fetch', body: writer.parts() };
}

/** Reads a Fetch answer; record sets are views into it. */
export function fetchAnswer(payload: Buffer): { errorCode: number; partitions: PartitionAnswer[] } {
  const reader = new WireReader(payload);
  reader.int32();
  const errorCode = reader.int16();
  reader.int32();
  const partitions = reader.array(() => {
    const topic = reader.string();
    return reader.array(() => readPartition(reader, topic));
  });
  return { errorCode, partitions: partitions.flat() };
}

function readPartition(reader: WireReader, topic: string): PartitionAnswer {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  reader.int64();
  const aborted = reader.array(() => ({ producerId: reader.bigint64(), firstOffset: reader.int64() }));
  reader.int32();
  const recordSet = reader.bytes();
  return { topic, partition, errorCode, highWatermark, lastStableOffset, aborted, recordSet };
}
