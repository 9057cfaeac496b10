import { AvroReader } from './avro-reader.ts';
import { SlabWriter } from './bytes.ts';
import type { ChangeRecord, ExportOrigin, Marker, Op, StreamOrigin } from './change.ts';
import { isStreamOrigin } from './change.ts';
import { CodecError } from './faults.ts';
import { checkFrame, FRAME_BYTES, FRAMES, hasFrame, unknownSchema } from './framing.ts';
import { Item } from './item.ts';
import { RepeatedText } from './repeated-text.ts';
import { skipMap } from './skip-avro.ts';

const OPS: readonly Op[] = ['r', 'c', 'u', 'd'];
const KINDS = ['begin', 'complete'] as const;
const EXPORT = 0;
const STREAM = 1;

const slabs = new SlabWriter();
const reader = new AvroReader(Buffer.alloc(0));
const tables = new RepeatedText();
const snapshots = new RepeatedText();
const files = new RepeatedText();
const shards = new RepeatedText();

/** What kind of record a value in a snapshot or changes topic is, by its fingerprint. Throws SCHEMA_UNKNOWN for others. */
export function kindOfValue(value: Buffer): 'change' | 'marker' {
  if (hasFrame(value, 'change')) return 'change';
  if (hasFrame(value, 'marker')) return 'marker';
  throw unknownSchema(value, 'the change or marker schema');
}

/** The framed value of a record. Key and timestamp are not part of it: they travel beside it. */
export function encodeChange(record: ChangeRecord): Buffer {
  return encodeChangeInto(slabs, record);
}

/**
 * As {@link encodeChange}, into slabs of the caller's; a piece that it has begun there is dropped. The bytes of an
 * untransformed item are copied as they are.
 */
export function encodeChangeInto(out: SlabWriter, record: ChangeRecord): Buffer {
  checkOp(record.op, record.after);
  out.drop();
  out.append(FRAMES.change);
  out.long(OPS.indexOf(record.op));
  out.long(record.version);
  out.text(record.table);
  writeOrigin(out, record.origin);
  writeItem(out, record.before);
  writeItem(out, record.after);
  return out.take();
}

function writeOrigin(out: SlabWriter, origin: ExportOrigin | StreamOrigin): void {
  if (isStreamOrigin(origin)) {
    out.long(STREAM);
    out.text(origin.shard);
    out.text(origin.sequence);
    out.text(origin.event);
    out.byte(origin.ttl ? 1 : 0);
  } else {
    out.long(EXPORT);
    out.text(origin.snapshot);
    out.text(origin.file);
    out.long(origin.line);
  }
}

function writeItem(out: SlabWriter, item: Item | null): void {
  if (item === null) {
    out.long(0);
    return;
  }
  const { avro } = item;
  out.long(1);
  out.append(avro);
}

/**
 * The record whose framed value, framed key and Kafka timestamp are given.
 *
 * Only the envelope is decoded: items are slices of `value` whose structure is checked and whose faces are made on demand.
 *
 * @throws CodecError SCHEMA_UNKNOWN, AVRO_INVALID, NESTING_TOO_DEEP
 */
export function decodeChange(value: Buffer, key: Buffer, timestampMs: number): ChangeRecord {
  checkFrame(value, 'change');
  reader.reset(value, FRAME_BYTES);
  const op = OPS[reader.long()];
  if (op === undefined) return reader.fail('an operation that is not one of r, c, u, d');
  const version = reader.long();
  if (version < 0) reader.fail('a negative version');
  const table = tables.read(reader);
  const origin = readOrigin();
  const before = readItem();
  const after = readItem();
  reader.finish();
  checkOp(op, after);
  return { op, version, table, origin, timestampMs, key, before, after };
}

function readOrigin(): ExportOrigin | StreamOrigin {
  const branch = reader.long();
  if (branch === EXPORT) {
    const snapshot = snapshots.read(reader);
    const file = files.read(reader);
    return { snapshot, file, line: reader.long() };
  }
  if (branch !== STREAM) reader.fail('an origin that is neither an export nor a stream');
  const shard = shards.read(reader);
  const sequence = reader.text();
  const event = reader.text();
  return { shard, sequence, event, ttl: reader.boolean() };
}

function readItem(): Item | null {
  const branch = reader.long();
  if (branch === 0) return null;
  if (branch !== 1) reader.fail('an item that is neither there nor null');
  const from = reader.pos;
  skipMap(reader);
  return Item.fromAvro(reader.buffer.subarray(from, reader.pos));
}

function checkOp(op: Op, after: Item | null): void {
  if ((op === 'd') !== (after === null)) {
    throw new CodecError(
      'AVRO_INVALID',
      `An operation ${op} ${after === null ? 'has no' : 'has an'} item after it`,
    );
  }
}

/** The framed value of a marker. */
export function encodeMarker(marker: Marker): Buffer {
  const out = new SlabWriter(256);
  out.append(FRAMES.marker);
  out.long(KINDS.indexOf(marker.kind));
  out.text(marker.snapshot);
  out.long(marker.rank);
  out.long(marker.version);
  out.long(marker.exportMs);
  writeNullable(out, marker.changesOffset);
  writeNullable(out, marker.rows);
  return out.take();
}

/** The marker whose framed value is given. */
export function decodeMarker(value: Buffer): Marker {
  checkFrame(value, 'marker');
  reader.reset(value, FRAME_BYTES);
  const kind = KINDS[reader.long()];
  if (kind === undefined) return reader.fail('a marker that is neither begin nor complete');
  const snapshot = reader.text();
  const rank = readCount();
  const version = readCount();
  const exportMs = readCount();
  const changesOffset = readNullable();
  const rows = readNullable();
  reader.finish();
  return { kind, snapshot, rank, version, exportMs, changesOffset, rows };
}

function writeNullable(out: SlabWriter, value: number | null): void {
  out.long(value === null ? 0 : 1);
  if (value !== null) out.long(value);
}

function readNullable(): number | null {
  const branch = reader.long();
  if (branch !== 0 && branch !== 1) reader.fail('a branch that is neither null nor long');
  return branch === 0 ? null : readCount();
}

function readCount(): number {
  const value = reader.long();
  if (value < 0) reader.fail('a negative number in a marker');
  return value;
}
