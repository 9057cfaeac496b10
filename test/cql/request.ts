import { contentAt, type Frame, opcodes } from './frames.ts';
import { columnNames } from './metadata.ts';
import { longString, WireReader } from './wire.ts';

/** A statement that the server has prepared. */
export interface Prepared {
  /** As the client wrote it. */
  readonly text: string;
  /** Number of the parameter that is the timestamp; -1: it has none. */
  readonly timestampAt: number;
}

/** By the server's id, as hex. */
export type PreparedStatements = Map<string, Prepared>;

/** What a client asks. */
export interface Request {
  readonly kind: 'query' | 'prepare' | 'execute' | 'batch';
  /** As the client wrote it, also of what was prepared; the statements of a batch are joined by `; `. */
  readonly text: string;
  /** Of `USING TIMESTAMP`, in µs. */
  readonly timestamps: readonly bigint[];
  /** Of a prepared statement that is executed. */
  readonly id: Buffer | null;
  /** Parameters of what is executed; of other kinds none are shown. */
  readonly values: readonly (Buffer | null)[];
}

const hasValues = 0x01;
const hasNames = 0x40;

/** Null: a request without a statement. */
export function requestOf(frame: Frame, prepared: PreparedStatements): Request | null {
  const reader = new WireReader(frame.body);
  if (frame.opcode === opcodes.query) return inline('query', reader.longString());
  if (frame.opcode === opcodes.prepare) return inline('prepare', reader.longString());
  if (frame.opcode === opcodes.execute) {
    const id = reader.shortBytes();
    reader.short();
    const flags = reader.byte();
    const values = flags & hasValues ? valuesOf(reader, (flags & hasNames) !== 0) : [];
    const statement = prepared.get(id.toString('hex'));
    return { kind: 'execute', text: statement?.text ?? '', timestamps: bound(statement, values), id, values };
  }
  return frame.opcode === opcodes.batch ? batchOf(reader, prepared) : null;
}

/** The frame with another text of its statement, which has one in itself. */
export function withText(frame: Frame, text: string): Frame {
  const reader = new WireReader(frame.body);
  reader.longString();
  return { ...frame, body: Buffer.concat([longString(text), frame.body.subarray(reader.at)]) };
}

/** What the server says of a statement it has prepared; null: the frame says something else. */
export function preparedOf(frame: Frame, text: string): { id: string; prepared: Prepared } | null {
  const reader = new WireReader(frame.body, contentAt(frame));
  if (frame.opcode !== opcodes.result || reader.int() !== 4) return null;
  const id = reader.shortBytes().toString('hex');
  const { names } = columnNames(reader, 'parameters');
  return { id, prepared: { text, timestampAt: names.indexOf('[timestamp]') } };
}

function inline(kind: Request['kind'], text: string): Request {
  const found = /\bUSING\b[^?]*\bTIMESTAMP\s+(-?\d+)/i.exec(text);
  return { kind, text, timestamps: found?.[1] === undefined ? [] : [BigInt(found[1])], id: null, values: [] };
}

function batchOf(reader: WireReader, prepared: PreparedStatements): Request {
  reader.byte();
  const texts: string[] = [];
  const timestamps: bigint[] = [];
  for (let left = reader.short(); left > 0; left--) {
    const statement =
      reader.byte() === 0
        ? { text: reader.longString(), timestampAt: -1 }
        : prepared.get(reader.shortBytes().toString('hex'));
    const values = valuesOf(reader, false);
    texts.push(statement?.text ?? '');
    timestamps.push(...inline('batch', statement?.text ?? '').timestamps, ...bound(statement, values));
  }
  return { kind: 'batch', text: texts.join('; '), timestamps, id: null, values: [] };
}

function valuesOf(reader: WireReader, named: boolean): (Buffer | null)[] {
  const values: (Buffer | null)[] = [];
  for (let left = reader.short(); left > 0; left--) {
    if (named) reader.string();
    values.push(reader.bytes());
  }
  return values;
}

function bound(statement: Prepared | undefined, values: readonly (Buffer | null)[]): bigint[] {
  const value = statement === undefined ? undefined : values[statement.timestampAt];
  return value?.length === 8 ? [value.readBigInt64BE()] : [];
}
