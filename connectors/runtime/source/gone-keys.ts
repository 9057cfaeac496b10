import type { ChangeRecord } from '../../../schemas/change.ts';
import { DIGEST_BYTES } from '../../../schemas/digest.ts';
import { hasFrame } from '../../../schemas/framing.ts';
import { Buckets, bucketCount } from '../../buckets/buckets.ts';
import type { Entry } from '../../buckets/entry.ts';
import { SpillFile } from '../../buckets/spill-file.ts';
import type { SnapshotRecord, TableRecord } from '../../catalog-records.ts';
import type { PartitionReader, Position, SourceBatch } from '../../connector.ts';
import { ConnectError } from '../../errors.ts';
import { beginOffsets, highWatermarks } from '../../kafka/offsets.ts';
import { TopicReader } from '../../kafka/reader.ts';
import type { InRecord } from '../../kafka/wire/record-decode.ts';
import type { TaskRun } from './task-run.ts';

/** Rows in a batch. */
const ROWS_MAX = 4000;
/** A key that the snapshot has; what it digests does not matter here. */
const PRESENT = Buffer.alloc(DIGEST_BYTES);
const EMPTY = Buffer.alloc(0);

/** Whether a snapshot must say what is gone (rule C11): each but the very first of a table. Windows hold deletes themselves. */
export function sweeps({ epoch, rank, windowOf }: SnapshotRecord): boolean {
  return windowOf === null && !(epoch === 1 && rank === 0);
}

/**
 * Rule C11: a delete for every key that ever appeared in a table's topics and is not in this snapshot. What was deleted
 * while nothing was captured has left no other trace.
 *
 * Read when all rows of the snapshot stand in the topic. Of the changes, those before the place where they go on after
 * the snapshot: what comes later says itself what became of its key. Keys are spread over buckets on disk, so memory
 * stays bounded; a bucket's keys are published in their order, so a killed sweep goes on behind the last of them.
 */
export class GoneKeys implements PartitionReader {
  readonly #task: TaskRun;
  readonly #snapshot: SnapshotRecord;
  readonly #table: TableRecord;
  readonly #file = new SpillFile();
  #count: number;
  #buckets: Buckets | null = null;
  #bucket: number;
  #after: string;
  #gone: string[] | null = null;
  #line: number;

  constructor(task: TaskRun, snapshot: SnapshotRecord, table: TableRecord, from: Position | null) {
    this.#task = task;
    this.#snapshot = snapshot;
    this.#table = table;
    this.#count = Number(from?.['buckets'] ?? 0);
    this.#bucket = Number(from?.['bucket'] ?? 0);
    this.#after = String(from?.['after'] ?? '');
    this.#line = Number(from?.['line'] ?? 0);
  }

  async poll(): Promise<SourceBatch> {
    this.#buckets ??= await this.#gather();
    const keys: string[] = [];
    while (keys.length < ROWS_MAX && this.#bucket < this.#count) {
      this.#gone ??= await this.#goneOf(this.#buckets, this.#bucket);
      const some = this.#gone.splice(0, ROWS_MAX - keys.length);
      keys.push(...some);
      this.#after = some.at(-1) ?? this.#after;
      if (this.#gone.length > 0) continue;
      this.#gone = null;
      this.#after = '';
      this.#bucket++;
    }
    const records = keys.map((key) => this.#deleted(Buffer.from(key, 'hex')));
    return {
      records,
      rejected: [],
      position: { buckets: this.#count, bucket: this.#bucket, after: this.#after, line: this.#line },
      done: this.#bucket === this.#count,
      bytes: keys.reduce((bytes, key) => bytes + key.length, 0),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]();
  }

  /** Keys of a bucket that are gone, in hex, in their order, from the position on. */
  async #goneOf(buckets: Buckets, bucket: number): Promise<string[]> {
    const present = new Map<string, boolean>();
    for await (const entries of buckets.read(bucket)) {
      for (const { key, digest } of entries) {
        const name = key.toString('hex');
        if (digest !== null) present.set(name, true);
        else if (!present.has(name)) present.set(name, false);
      }
    }
    const gone = [...present].flatMap(([key, is]) => (is || key <= this.#after ? [] : [key]));
    return gone.sort();
  }

  #deleted(key: Buffer): ChangeRecord {
    const { facts, version } = this.#snapshot;
    return {
      op: 'd',
      version,
      table: this.#table.facts.table,
      origin: { snapshot: facts.arn ?? facts.id, file: '', line: ++this.#line },
      timestampMs: facts.exportMs,
      key,
      before: null,
      after: null,
    };
  }

  async #gather(): Promise<Buckets> {
    const { kafka, topics, context } = this.#task;
    const { table } = this.#table.facts;
    const snapshots = topics.snapshot(table);
    const changes = topics.changes(table);
    // Not the last stable offset: another task's commit may have reached the positions before this topic. The reader waits.
    const ends = new Map([
      [snapshots, await highWatermarks(kafka, snapshots)],
      [changes, this.#snapshot.changesOffsets ?? (await highWatermarks(kafka, changes))],
    ]);
    await this.#checkWhole(ends.keys());
    const places = [...ends].flatMap(([topic, offsets]) =>
      offsets.flatMap((end, partition) => (end > 0 ? [{ topic, partition, end }] : [])),
    );
    this.#count ||= bucketCount(places.reduce((records, { end }) => records + end, 0));
    const buckets = new Buckets(this.#file, this.#count, false);
    await using reader = new TopicReader(kafka);
    for (const { topic, partition } of places) reader.assign(topic, partition, 0);
    for (let open = places.length; open > 0; ) {
      for (const { topic, partition, records, nextOffset } of await reader.fetch(context.signal)) {
        const end = ends.get(topic)?.[partition] ?? 0;
        if (nextOffset >= end) {
          reader.unassign(topic, partition);
          open--;
        }
        await buckets.add(records.flatMap((raw) => (raw.offset < end ? this.#entryOf(raw) : [])));
      }
      context.signal.throwIfAborted();
    }
    return buckets;
  }

  /** What a topic has lost would be taken for never there. */
  async #checkWhole(topics: Iterable<string>): Promise<void> {
    for (const topic of topics) {
      const begins = await beginOffsets(this.#task.kafka, topic);
      if (begins.every((begin) => begin === 0)) continue;
      const message = `Topic ${topic} does not hold its first records any more`;
      throw new ConnectError('KAFKA_TOPIC_TRIMMED', message, { detail: { topic } });
    }
  }

  /** By key and headers alone: what a record says of its item does not matter. Markers have no key. */
  #entryOf(raw: InRecord): Entry[] {
    if (raw.key === null) return [];
    const { headers } = raw;
    const header = (name: string) => headers.find(([one]) => one === name)?.[1].toString();
    const isOurs = header('messina.version') === String(this.#snapshot.version);
    // What this sweep itself has published before it was killed is as gone as it was.
    const digest = isOurs && header('messina.op') === 'r' ? PRESENT : null;
    return [{ key: this.#keyOf(raw, raw.key), digest, version: 0, place: 0 }];
  }

  /** The framed key, whatever converter wrote the record: the same key in other bytes would be taken for gone. */
  #keyOf({ value, timestampMs }: InRecord, key: Buffer): Buffer {
    if (hasFrame(key, 'key')) return key;
    return this.#task.converter.decode({ key, value: value ?? EMPTY, timestampMs }).key;
  }
}
