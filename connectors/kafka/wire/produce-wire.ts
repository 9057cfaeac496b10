import { groupBy } from '../group-by.ts';
import type { WireCall } from '../kafkajs.ts';
import { WireReader, WireWriter } from './wire.ts';

const PRODUCE = 0;
/** Version 7: without flexible fields; brokers from 2.1 to 4.x speak it. */
const PRODUCE_VERSION = 7;
const ACKS_ALL = -1;

const INIT_PRODUCER_ID = 22;
/** Version 4 (KIP-360): carries the producer's own id and epoch, so that only the present owner can raise its epoch. */
const INIT_PRODUCER_ID_VERSION = 4;

/** An encoded batch on its way to a partition. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface ProducedAt {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: number;
}

/** A Produce with acks=all; one batch per partition. The batches' bytes are not copied. */
export function produceCall(
  batches: readonly PartitionBatch[],
  transactionalId: string | null,
  timeoutMs: number,
): WireCall {
  const writer = new WireWriter().string(transactionalId).int16(ACKS_ALL).int32(timeoutMs);
  const byTopic = groupBy(batches, (batch) => batch.topic);
  writer.int32(byTopic.size);
  for (const [topic, parts] of byTopic) {
    writer.string(topic).int32(parts.length);
    for (const { partition, batch } of parts) writer.int32(partition).bytes(batch);
  }
  return { apiKey: PRODUCE, apiVersion: PRODUCE_VERSION, apiName: 'Produce', body: writer.parts() };
}

export function produceAnswer(payload: Buffer): ProducedAt[] {
  const reader = new WireReader(payload);
  const parts = reader.array(() => {
    const topic = reader.string();
    return reader.array(() => {
      const partition = reader.int32();
      const errorCode = reader.int16();
      const baseOffset = reader.int64();
      reader.int64();
      reader.int64();
      return { topic, partition, errorCode, baseOffset };
    });
  });
  return parts.flat();
}

/** Asks for a higher epoch of a producer that we still are; refused when somebody newer took the id. */
export function raiseEpochCall(
  transactionalId: string,
  timeoutMs: number,
  producerId: bigint,
  epoch: number,
): WireCall {
  const writer = new WireWriter()
    .int8(0)
    .compactString(transactionalId)
    .int32(timeoutMs)
    .int64(producerId)
    .int16(epoch)
    .int8(0);
  return {
    apiKey: INIT_PRODUCER_ID,
    apiVersion: INIT_PRODUCER_ID_VERSION,
    apiName: 'InitProducerId',
    body: writer.parts(),
  };
}

export function raiseEpochAnswer(payload: Buffer): { errorCode: number; producerId: bigint; epoch: number } {
  const reader = new WireReader(payload);
  reader.int8();
  reader.int32();
  return { errorCode: reader.int16(), producerId: reader.bigint64(), epoch: reader.int16() };
}
