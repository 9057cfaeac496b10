import type { ChangeRecord } from '../../../schemas/change.ts';
import type { Converter, RejectedRecord } from '../../connector.ts';
import type { ConnectError } from '../../errors.ts';
import { partitionOf } from '../../kafka/wire/murmur2.ts';
import type { OutRecord } from '../../kafka/wire/record-batch.ts';
import type { PublishedCounts } from '../offset-store.ts';
import type { Batch } from './publisher.ts';

type Headers = NonNullable<OutRecord['headers']>;

/** Converts records and sorts them by topic partition (rule C4), with the counts that travel with the position. */
export function toBatches(
  topic: string,
  partitions: number,
  records: readonly ChangeRecord[],
  converter: Converter,
): { batches: Batch[]; counts: PublishedCounts } {
  const byPartition: OutRecord[][] = Array.from({ length: partitions }, () => []);
  const rows: number[] = new Array(partitions).fill(0);
  const changes = { c: 0, u: 0, d: 0 };
  let snapshotRows = 0;
  let headers: Headers = [];
  let headersOf: ChangeRecord | null = null;
  for (const record of records) {
    // Rows of a snapshot all have the same ones.
    if (record.version !== headersOf?.version || record.op !== headersOf.op) {
      headers = [
        ['messina.op', record.op],
        ['messina.version', String(record.version)],
      ];
      headersOf = record;
    }
    const converted = converter.encode(record);
    const partition = partitionOf(converted.key, partitions);
    byPartition[partition]?.push({
      key: converted.key,
      value: converted.value,
      timestampMs: converted.timestampMs,
      headers,
    });
    if ('shard' in record.origin) changes[record.op as 'c' | 'u' | 'd']++;
    else {
      rows[partition] = (rows[partition] ?? 0) + 1;
      snapshotRows++;
    }
  }
  const batches: Batch[] = [];
  byPartition.forEach((out, partition) => {
    if (out.length > 0) batches.push({ topic, partition, records: out });
  });
  return { batches, counts: { ...changes, rows: snapshotRows > 0 ? rows : [], deadLettered: 0 } };
}

/** Who sets records aside that could not be read, and how. */
export interface RejectedFrom {
  readonly connector: string;
  readonly task: number;
  /** The data topic that they were meant for. */
  readonly topic: string;
  readonly pluginName: string;
  /** False: the original bytes alone. */
  readonly contextHeaders: boolean;
}

/** Dead letters of a source: the original bytes, and where and why. */
export function rejectedToRecords(
  rejected: readonly RejectedRecord[],
  from: RejectedFrom,
  nowMs: number,
): OutRecord[] {
  return rejected.map(({ error, bytes }) => ({
    key: null,
    value: bytes,
    timestampMs: nowMs,
    headers: from.contextHeaders ? rejectedContext(error, from) : [],
  }));
}

function rejectedContext({ code, message, stack, detail }: ConnectError, from: RejectedFrom): Headers {
  return [
    ['__connect.errors.topic', from.topic],
    ['__connect.errors.connector.name', from.connector],
    ['__connect.errors.task.id', String(from.task)],
    ['__connect.errors.stage', 'VALUE_CONVERTER'],
    ['__connect.errors.class.name', from.pluginName],
    ['__connect.errors.exception.class.name', code],
    ['__connect.errors.exception.message', message],
    ['__connect.errors.exception.stacktrace', stack ?? ''],
    ...Object.entries(detail).map(([name, value]) => [`messina.${name}`, String(value)] as const),
  ];
}
