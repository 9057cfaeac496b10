import { setMaxListeners } from 'node:events';
import { pino } from 'pino';
import type { Epoch, TableFacts } from '../../../connectors/catalog-records.ts';
import type {
  CaptureFacts,
  ChangesFrom,
  ChangesSource,
  PartitionReader,
  Position,
  SourceBatch,
  SourcePartition,
  TaskContext,
} from '../../../connectors/connector.ts';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import type { RawStreamRecord, RecordsPage } from '../../../dynamodb/streams.ts';
import { type StreamsOptions, streamsSource } from '../../../source/streams/connector.ts';
import type { LiveTable, ShardPage, StreamClient } from '../../../source/streams/stream-client.ts';
import { tableFacts } from '../../sink-records.ts';
import { JumpingClock } from './jumping-clock.ts';

export const HOUR = 3_600_000;
export const MINUTE = 60_000;
export const START = Date.parse('2026-03-01T00:00:00Z');
export const ARN = 'arn:aws:dynamodb:eu-central-1:0:table/Music/stream/2026-03-01T00:00:00.000';
const ITERATOR_LIFE_MS = 15 * MINUTE;
const OPTIONS: StreamsOptions = { region: 'eu-central-1' };

export interface WorldShard {
  readonly id: string;
  readonly parent: string | null;
  readonly records: RawStreamRecord[];
  /** When each record was written, ms. */
  readonly writtenMs: number[];
  closed: boolean;
  listed: boolean;
}

/** A table with a stream as the service keeps it: 24 h, silent trimming, iterators that expire; time is a clock that jumps. */
export class StreamWorld implements StreamClient {
  readonly clock = new JumpingClock(START);
  readonly abort = new AbortController();
  readonly context: TaskContext = {
    clock: this.clock,
    log: pino({ level: 'silent' }),
    signal: this.abort.signal,
  };
  readonly shards = new Map<string, WorldShard>();
  readonly source: ChangesSource<StreamsOptions> = streamsSource(() => this);
  options: StreamsOptions = OPTIONS;
  readonly calls: string[] = [];
  /** When DescribeStream was called. */
  readonly listedAtMs: number[] = [];
  /** Thrown by the next calls of that name, one each. */
  readonly faults: Partial<
    Record<'getRecords' | 'shardIterator' | 'describeStream' | 'enableStream', Error[]>
  > = {};
  table: LiveTable = {
    id: 'table-1',
    status: 'ACTIVE',
    stream: { arn: ARN, viewType: 'NEW_AND_OLD_IMAGES', enabled: true },
    serverTimeMs: 0,
  };
  stream = { status: 'ENABLED', viewType: 'NEW_AND_OLD_IMAGES', createdMs: START as number | null };
  pageSize = 100;
  recordsMax = 1000;
  /** Creation times are cut to this. */
  coarseMs = 1000;
  enabled = 0;
  #sequence = 10n ** 25n;

  constructor() {
    // Many who ask share one task's signal.
    setMaxListeners(0, this.abort.signal);
  }

  get serverTimeMs(): number {
    return Math.floor(this.clock.nowMs / 1000) * 1000;
  }

  shard(id: string, parent: string | null = null): WorldShard {
    const shard: WorldShard = { id, parent, records: [], writtenMs: [], closed: false, listed: true };
    this.shards.set(id, shard);
    return shard;
  }

  /** Writes an item; `null` deletes it. */
  write(
    shard: WorldShard,
    id: string,
    value: string | null,
    more: Partial<RawStreamRecord> = {},
  ): RawStreamRecord {
    const keys = { id: { S: id } };
    const record: RawStreamRecord = {
      eventId: `event-${this.#sequence}`,
      eventName: value === null ? 'REMOVE' : 'MODIFY',
      acdtMs: Math.floor(this.clock.nowMs / this.coarseMs) * this.coarseMs,
      sequence: String(this.#sequence++),
      viewType: 'NEW_AND_OLD_IMAGES',
      keys,
      newImage: value === null ? undefined : { ...keys, v: { S: value } },
      oldImage: { ...keys, v: { S: 'before' } },
      ttl: false,
      ...more,
    };
    shard.records.push(record);
    shard.writtenMs.push(this.clock.nowMs);
    return record;
  }

  facts(): Promise<TableFacts> {
    return Promise.resolve(FACTS);
  }

  async describeTable(): Promise<LiveTable> {
    return { ...this.table, serverTimeMs: this.serverTimeMs };
  }

  async enableStream(): Promise<void> {
    this.#fault('enableStream');
    this.enabled += 1;
    this.table = { ...this.table, stream: { arn: ARN, viewType: 'NEW_AND_OLD_IMAGES', enabled: true } };
  }

  async describeStream(_arn: string, after: string | null): Promise<ShardPage> {
    this.calls.push('describeStream');
    this.listedAtMs.push(this.clock.nowMs);
    this.#fault('describeStream');
    const listed = [...this.shards.values()].filter((shard) => shard.listed);
    const from = after === null ? 0 : listed.findIndex(({ id }) => id === after) + 1;
    const page = listed.slice(from, from + this.pageSize);
    return {
      ...this.stream,
      shards: page.map(({ id, parent, closed }) => ({
        id,
        parent,
        firstSequence: '1',
        lastSequence: closed ? '2' : null,
      })),
      lastShard: from + this.pageSize < listed.length ? page.at(-1)!.id : null,
      serverTimeMs: this.serverTimeMs,
    };
  }

  async shardIterator(_arn: string, id: string, sequence: string | null): Promise<string> {
    this.calls.push(`shardIterator ${sequence ?? 'TRIM_HORIZON'}`);
    this.#fault('shardIterator');
    const shard = this.shards.get(id);
    if (shard === undefined)
      throw new DynamoDbError('ResourceNotFoundException', 'no such shard', { status: 400 });
    if (sequence === null) return `${id}|0|${this.clock.nowMs}`;
    const index = shard.records.findIndex((record) => record.sequence === sequence);
    if (this.#isTrimmed(shard, index))
      throw new DynamoDbError('TrimmedDataAccessException', 'trimmed', { status: 400 });
    return `${id}|${index + 1}|${this.clock.nowMs}`;
  }

  async getRecords(iterator: string, limit: number): Promise<RecordsPage> {
    this.calls.push('getRecords');
    this.#fault('getRecords');
    const [id, index, issuedMs] = iterator.split('|');
    const shard = this.shards.get(id!);
    if (shard === undefined)
      throw new DynamoDbError('ResourceNotFoundException', 'no such shard', { status: 400 });
    if (this.clock.nowMs > Number(issuedMs) + ITERATOR_LIFE_MS) {
      throw new DynamoDbError('ExpiredIteratorException', 'expired', { status: 400 });
    }
    let from = Number(index);
    while (from < shard.records.length && this.#isTrimmed(shard, from)) from += 1;
    const records = shard.records.slice(from, from + Math.min(limit, this.recordsMax));
    const next = from + records.length;
    const done = shard.closed && next === shard.records.length;
    return {
      records,
      next: done ? null : `${id}|${next}|${this.clock.nowMs}`,
      serverTimeMs: this.serverTimeMs,
    };
  }

  capture(): Promise<CaptureFacts> {
    return this.source.capture(OPTIONS, FACTS, this.context);
  }

  async epoch(): Promise<Epoch> {
    const { streamArn, createdMs, serverTimeMs, roots } = await this.capture();
    return { ...EPOCH, streamArn, createdMs, begunMs: serverTimeMs, roots };
  }

  async discover(epoch: Epoch, context: TaskContext = this.context): Promise<SourcePartition[]> {
    const found: SourcePartition[] = [];
    for await (const partition of this.source.discover(OPTIONS, FACTS, epoch, context)) found.push(partition);
    return found;
  }

  check() {
    return this.source.check(OPTIONS, ['Music'], this.context);
  }

  async open(
    id: string,
    from: Partial<ChangesFrom> & { readonly after?: readonly string[]; readonly open?: boolean } = {},
  ) {
    const { after = [], open = true, ...rest } = from;
    const partition = { id, after, expectedRecords: null, facts: { parent: after[0] ?? null, open } };
    const full = { position: null, parents: [], table: FACTS, epoch: EPOCH, coverageMs: START, ...rest };
    const reader = await this.source.open(this.options, partition, full, this.context);
    return new Reading(reader);
  }

  #isTrimmed(shard: WorldShard, index: number): boolean {
    const writtenMs = shard.writtenMs[index];
    return writtenMs !== undefined && writtenMs < this.clock.nowMs - 24 * HOUR;
  }

  #fault(name: keyof StreamWorld['faults']): void {
    const fault = this.faults[name]?.shift();
    if (fault !== undefined) throw fault;
  }
}

/** A reader as its caller sees it, with all that it has given. */
export class Reading {
  readonly reader: PartitionReader;
  readonly batches: SourceBatch[] = [];

  constructor(reader: PartitionReader) {
    this.reader = reader;
  }

  async poll(times = 1): Promise<SourceBatch> {
    for (let i = 0; i < times; i++) this.batches.push(await this.reader.poll());
    return this.batches.at(-1)!;
  }

  async drain(): Promise<SourceBatch> {
    while (!(await this.poll()).done) if (this.batches.length > 10_000) throw new Error('never drained');
    return this.batches.at(-1)!;
  }

  get position(): Position {
    return this.batches.at(-1)!.position;
  }

  get versions(): number[] {
    return this.batches.flatMap((batch) => batch.records.map((record) => record.version));
  }

  get sequences(): string[] {
    return this.batches.flatMap((batch) =>
      batch.records.map(({ origin }) => ('sequence' in origin ? origin.sequence : '')),
    );
  }
}

export const FACTS: TableFacts = tableFacts('Music', undefined, { tableId: 'table-1' });

export const EPOCH: Epoch = {
  number: 1,
  version0: 1_000_000_000,
  streamArn: ARN,
  createdMs: START,
  begunMs: START,
  firstOffsets: [0],
  roots: ['root'],
  streamEnabled: false,
};
