import { DynamoDbError } from '../../dynamodb/errors.ts';
import type { RawStreamRecord, RecordsPage } from '../../dynamodb/streams.ts';
import type { ShardPage, StreamClient } from '../../source/streams/stream-client.ts';
import { tableFacts } from '../sink-records.ts';
import { isOff } from './naive.ts';
import type { Process, VirtualTime } from './virtual-time.ts';

export const TABLE = 'Music';
export const RETENTION_MS = 24 * 3_600_000;
const ARN = 'arn:aws:dynamodb:eu-west-1:0:table/Music/stream/';

export interface StreamRecord {
  /** Of its stream. */
  readonly arn: string;
  readonly shard: string;
  /** Its place in the shard, from 0. */
  readonly index: number;
  readonly sequence: string;
  readonly atMs: number;
  readonly key: string;
  readonly raw: RawStreamRecord;
}

interface Stream {
  readonly arn: string;
  readonly createdMs: number;
  enabled: boolean;
}

interface Shard {
  readonly id: string;
  readonly stream: Stream;
  readonly parent: string | null;
  readonly keys: readonly string[];
  readonly listedMs: number;
  closedMs: number | null;
  readonly records: StreamRecord[];
}

interface Iterator {
  readonly shard: Shard;
  readonly next: number;
  readonly untilMs: number;
}

export const facts = tableFacts(TABLE, undefined, { tableId: 'id-1' });

/** An item in DynamoDB JSON; its `n` is what makes it this version of the item. */
export function itemOf(key: string, n: number) {
  return { id: { S: key }, n: { N: String(n) } };
}

/** The table to be moved: its items, everything they ever were, and its stream with shards that split. */
export class SourceTable {
  readonly keys: readonly string[];
  readonly items = new Map<string, number>();
  readonly records: StreamRecord[] = [];
  readonly #time: VirtualTime;
  readonly #coarseMs: number;
  readonly #history = new Map<string, { atMs: number; n: number | null }[]>();
  /** Hears what happens. */
  say: (what: string) => void = () => {};
  #shards: Shard[] = [];
  readonly #streams: Stream[] = [];
  #written = 0;
  readonly #iterators = new Map<string, Iterator>();

  /** @param coarseMs what creation times are cut to: a second, by stand-ins a minute. */
  constructor(time: VirtualTime, keys: number, coarseMs: number) {
    this.#time = time;
    this.#coarseMs = coarseMs;
    this.keys = Array.from({ length: keys }, (_, i) => `k${i}`);
  }

  /** Of the stream that is enabled; null: none is. */
  get arn(): string | null {
    const stream = this.#streams.at(-1);
    return stream?.enabled ? stream.arn : null;
  }

  /** A new stream, unless one is enabled. */
  enable(): void {
    if (this.arn !== null) return;
    const arn = `${ARN}${this.#streams.length + 1}`;
    this.#streams.push({ arn, createdMs: Math.floor(this.#time.nowMs), enabled: true });
    this.say(`enable ${arn}`);
    const half = Math.ceil(this.keys.length / 2);
    this.#addShard(null, this.keys.slice(0, half), 0);
    this.#addShard(null, this.keys.slice(half), 0);
  }

  /** What is written from now on stands in no stream. */
  disable(): void {
    const stream = this.#streams.at(-1);
    if (!stream?.enabled) return;
    stream.enabled = false;
    for (const shard of this.#shards) shard.closedMs ??= this.#time.nowMs;
    this.say(`disable ${stream.arn}`);
  }

  recordsOf(shard: string): readonly StreamRecord[] {
    return this.#shards.find(({ id }) => id === shard)?.records ?? [];
  }

  /** Whether a key was written after the first time and up to the second. */
  isWrittenIn(key: string, afterMs: number, toMs: number): boolean {
    return this.#history.get(key)?.some(({ atMs }) => atMs > afterMs && atMs <= toMs) ?? false;
  }

  /** An open shard closes and its keys go on in children, which are listed a little later. */
  split(): void {
    const { random } = this.#time;
    const open = this.#shards.filter((shard) => shard.closedMs === null);
    if (open.length === 0) return;
    const shard = random.pick(open);
    shard.closedMs = this.#time.nowMs;
    this.say(`split ${shard.id}`);
    const cut = random.below(shard.keys.length + 1);
    for (const keys of [shard.keys.slice(0, cut), shard.keys.slice(cut)]) {
      if (keys.length > 0) this.#addShard(shard.id, keys, random.between(0, 1500));
    }
  }

  /** Null deletes. */
  write(key: string, isDelete: boolean): void {
    const old = this.items.get(key);
    if (isDelete && old === undefined) return;
    const n = isDelete ? null : ++this.#written;
    if (n === null) this.items.delete(key);
    else this.items.set(key, n);
    let history = this.#history.get(key);
    if (!history) this.#history.set(key, (history = []));
    history.push({ atMs: this.#time.nowMs, n });
    const shard = this.#shards.find(({ closedMs, keys }) => closedMs === null && keys.includes(key));
    this.say(`write ${key} ${n} to ${shard?.id}`);
    if (shard) this.#record(shard, key, old, n);
  }

  /** What a key was at a time; null: not there. */
  stateAt(key: string, atMs: number): number | null {
    return this.#history.get(key)?.findLast((one) => one.atMs <= atMs)?.n ?? null;
  }

  client(process: Process): StreamClient {
    const ask = <T>(serve: () => T) => this.#time.ask(process, serve, 30);
    return {
      facts: () => ask(() => facts),
      describeTable: () =>
        ask(() => ({ id: facts.tableId, status: 'ACTIVE', stream: this.#stream(), ...this.#now() })),
      enableStream: () => ask(() => this.enable()),
      describeStream: (arn) => ask(() => this.#describe(arn)),
      shardIterator: (_arn, shard, sequence) => ask(() => this.#iterator(shard, sequence)),
      getRecords: (iterator) => ask(() => this.#page(iterator)),
    };
  }

  /** As a Date header says it: whole seconds. */
  serverTimeMs(): number {
    return Math.floor(this.#time.nowMs / 1000) * 1000;
  }

  #now() {
    return { serverTimeMs: this.serverTimeMs() };
  }

  #stream() {
    const stream = this.#streams.at(-1);
    return stream ? { arn: stream.arn, enabled: stream.enabled, viewType: 'NEW_AND_OLD_IMAGES' } : null;
  }

  #addShard(parent: string | null, keys: readonly string[], listedAfterMs: number): void {
    const id = `shardId-${String(this.#shards.length).padStart(4, '0')}`;
    // Never before its parent: a listing is late, but has no holes.
    const parentMs = this.#shards.find((shard) => shard.id === parent)?.listedMs ?? 0;
    const listedMs = Math.max(this.#time.nowMs + listedAfterMs, parentMs);
    const stream = this.#streams.at(-1)!;
    this.#shards.push({ id, stream, parent, keys, listedMs, closedMs: null, records: [] });
  }

  #record(shard: Shard, key: string, old: number | undefined, n: number | null): void {
    // The number of digits grows on the way: sequence numbers compare as integers only.
    const sequence = String(10n ** 21n - 12n + BigInt(this.records.length));
    const { nowMs } = this.#time;
    const raw: RawStreamRecord = {
      eventId: `e${sequence}`,
      eventName: n === null ? 'REMOVE' : old === undefined ? 'INSERT' : 'MODIFY',
      acdtMs: Math.floor(nowMs / this.#coarseMs) * this.#coarseMs,
      sequence,
      viewType: 'NEW_AND_OLD_IMAGES',
      keys: { id: { S: key } },
      newImage: n === null ? undefined : itemOf(key, n),
      oldImage: old === undefined ? undefined : itemOf(key, old),
      ttl: false,
    };
    const { arn } = shard.stream;
    const record = { arn, shard: shard.id, index: shard.records.length, sequence, atMs: nowMs, key, raw };
    shard.records.push(record);
    this.records.push(record);
  }

  #isTrimmed(record: StreamRecord): boolean {
    return record.atMs < this.#time.nowMs - RETENTION_MS;
  }

  #describe(arn: string): ShardPage {
    const { nowMs } = this.#time;
    const { createdMs, enabled } = this.#streams.find((one) => one.arn === arn)!;
    const listed = this.#shards.filter(
      ({ stream, listedMs, closedMs }) =>
        stream.arn === arn && listedMs <= nowMs && (closedMs === null || closedMs > nowMs - RETENTION_MS),
    );
    const shards = listed.map(({ id, parent, closedMs }) => {
      return { id, parent, firstSequence: '1', lastSequence: closedMs === null ? null : '9' };
    });
    const stream = { status: enabled ? 'ENABLED' : 'DISABLED', viewType: 'NEW_AND_OLD_IMAGES', createdMs };
    return { ...stream, shards, lastShard: null, ...this.#now() };
  }

  #iterator(id: string, sequence: string | null): string {
    const shard = this.#shards.find((one) => one.id === id);
    const { nowMs } = this.#time;
    if (!shard || (shard.closedMs !== null && shard.closedMs <= nowMs - RETENTION_MS)) {
      throw new DynamoDbError('ResourceNotFoundException', id, { status: 400 });
    }
    const at = sequence === null ? -1 : shard.records.findIndex((record) => record.sequence === sequence);
    if (at >= 0 && this.#isTrimmed(shard.records[at]!)) {
      throw new DynamoDbError('TrimmedDataAccessException', id, { status: 400 });
    }
    const isLatest = sequence === null && isOff('C5.horizon');
    return this.#issue(shard, isLatest ? shard.records.length : at + 1);
  }

  #issue(shard: Shard, next: number): string {
    const name = `i${this.#iterators.size}`;
    this.#iterators.set(name, { shard, next, untilMs: this.#time.nowMs + 15 * 60_000 });
    return name;
  }

  #page(name: string): RecordsPage {
    const { random, nowMs } = this.#time;
    const { shard, next, untilMs } = this.#iterators.get(name)!;
    if (untilMs < nowMs) throw new DynamoDbError('ExpiredIteratorException', name, { status: 400 });
    const kept = shard.records.slice(next).filter((record) => !this.#isTrimmed(record));
    // An iterator crosses stretches without records page by page.
    const page = kept.slice(0, random.chance(0.1) ? 0 : random.pick([1, 2, 5, 20]));
    const after = page.length > 0 ? page.at(-1)!.index + 1 : next;
    const isDrained = shard.closedMs !== null && page.length === kept.length;
    return {
      records: page.map(({ raw }) => raw),
      next: isDrained ? null : this.#issue(shard, after),
      ...this.#now(),
    };
  }
}
