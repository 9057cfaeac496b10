import { SlabWriter } from '../../schemas/bytes.ts';
import type { ChangeRecord, ExportOrigin, Op, StreamOrigin } from '../../schemas/change.ts';
import { checkNothingFollows } from '../../schemas/export-line.ts';
import { FRAMES } from '../../schemas/framing.ts';
import { Item } from '../../schemas/item.ts';
import { type JsonRange, MemberCursor } from '../../schemas/json-cursor.ts';
import { keyToJson } from '../../schemas/json-writer.ts';
import { scanItem } from '../../schemas/scanner.ts';
import type { Converter, TopicRecord } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import { appendChangeMembers } from './change-json.ts';

const out = new SlabWriter();

/**
 * The same record as JSON, with DynamoDB JSON for items and the key: for people and tools.
 *
 * The order of a key's members is that of the key schema, so that the framed key comes back byte by byte (law 5).
 */
export const jsonConverter: Converter = {
  name: 'JsonConverter',
  summary: 'Records as JSON, items as DynamoDB JSON: for people and tools.',

  encode(record) {
    out.drop();
    out.ascii('{');
    appendChangeMembers(out, record);
    out.ascii('}');
    return { key: keyToJson(record.key), value: out.take(), timestampMs: record.timestampMs };
  },

  decode(message) {
    try {
      return readRecord(message);
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectError('RECORD_UNDECODABLE', what, { cause });
    }
  },
};

function readRecord({ key, value, timestampMs }: TopicRecord): ChangeRecord {
  const members = membersOf(value);
  const op = parsed(value, members, 'op');
  const version = parsed(value, members, 'ts_us');
  const source = object(parsed(value, members, 'source'), 'source');
  const after = readItem(value, members, 'after');
  if (!isOp(op)) throw new Error('"op" is not one of r, c, u, d');
  if ((op === 'd') !== (after === null)) throw new Error(`"op" ${op} does not go with its "after"`);
  return {
    op,
    version: wholeNumber(version, 'ts_us'),
    table: text(source['table'], 'source.table'),
    origin: originOf(source),
    timestampMs,
    key: Buffer.concat([FRAMES.key, readMap(key, 0, key.length)]),
    before: readItem(value, members, 'before'),
    after,
  };
}

/** Where the members of the record are; all are needed, others may be there. */
function membersOf(value: Buffer): ReadonlyMap<string, JsonRange> {
  const ranges = new Map<string, JsonRange>();
  const cursor = new MemberCursor(value, 0, value.length);
  while (cursor.next()) {
    if (ranges.has(cursor.name)) throw new Error(`"${cursor.name}" comes twice`);
    ranges.set(cursor.name, cursor.range());
  }
  checkNothingFollows(value, cursor.endsAt, value.length);
  return ranges;
}

function rangeOf(members: ReadonlyMap<string, JsonRange>, name: string): JsonRange {
  const range = members.get(name);
  if (range === undefined) throw new Error(`"${name}" is missing`);
  return range;
}

function parsed(value: Buffer, members: ReadonlyMap<string, JsonRange>, name: string): unknown {
  const { valueStart, valueEnd } = rangeOf(members, name);
  return JSON.parse(value.toString('utf8', valueStart, valueEnd));
}

function readItem(value: Buffer, members: ReadonlyMap<string, JsonRange>, name: string): Item | null {
  const { valueStart, valueEnd } = rangeOf(members, name);
  if (value.toString('latin1', valueStart, valueEnd) === 'null') return null;
  return Item.fromAvro(readMap(value, valueStart, valueEnd));
}

function readMap(bytes: Buffer, from: number, to: number): Buffer {
  const { avro, end } = scanItem(bytes, from, to);
  checkNothingFollows(bytes, end, to);
  return avro;
}

function originOf(source: Readonly<Record<string, unknown>>): ExportOrigin | StreamOrigin {
  if (source['stream'] !== undefined) {
    const { shard, sequence, event, ttl } = object(source['stream'], 'source.stream');
    if (typeof ttl !== 'boolean') throw new Error('"source.stream.ttl" is not a boolean');
    return {
      shard: text(shard, 'source.stream.shard'),
      sequence: text(sequence, 'source.stream.sequence'),
      event: text(event, 'source.stream.event'),
      ttl,
    };
  }
  const { snapshot, file, line } = object(source['export'], 'source.export');
  return {
    snapshot: text(snapshot, 'source.export.snapshot'),
    file: text(file, 'source.export.file'),
    line: wholeNumber(line, 'source.export.line'),
  };
}

const OPS: readonly unknown[] = ['r', 'c', 'u', 'd'] satisfies Op[];
const isOp = (value: unknown): value is Op => OPS.includes(value);

function object(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error(`"${name}" is not an object`);
  return value as Readonly<Record<string, unknown>>;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Error(`"${name}" is not a text`);
  return value;
}

function wholeNumber(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw new Error(`"${name}" is not a whole number`);
  return Number(value);
}
