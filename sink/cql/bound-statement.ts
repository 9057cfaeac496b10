import cassandra from 'cassandra-driver';
import type { Mutation } from './mutations.ts';

/** The texts that rows of a table are written with; each is prepared once. */
export interface WriteStatements {
  /** All columns, then the timestamp. */
  readonly insert: string;
  /** All columns, then the timestamp, then the TTL. */
  readonly insertTtl: string;
  /** The timestamp, then the key columns. */
  readonly delete: string;
}

/** A statement with its parameters, all of them bytes: the driver passes those through as they are. */
export interface Bound {
  readonly statement: string;
  readonly params: unknown[];
}

/** What a request has besides its values, about. */
const FRAME_BYTES = 64;

export function boundOf(mutation: Mutation, statements: WriteStatements): Bound {
  const stamp = int64(mutation.version);
  if (mutation.kind === 'delete') return { statement: statements.delete, params: [stamp, ...mutation.key] };
  const { values, leavesAbsent, ttlSeconds } = mutation;
  const params: unknown[] = leavesAbsent
    ? values.map((value) => value ?? cassandra.types.unset)
    : values.slice();
  params.push(stamp);
  if (ttlSeconds === null) return { statement: statements.insert, params };
  params.push(int32(ttlSeconds));
  return { statement: statements.insertTtl, params };
}

/** Bytes that a mutation takes in a request. */
export function sizeOf(mutation: Mutation): number {
  let bytes = FRAME_BYTES;
  for (const value of mutation.kind === 'insert' ? mutation.values : mutation.key) {
    bytes += 4 + (value?.length ?? 0);
  }
  return bytes;
}

/** @param value an integer below 2^53 and not below 0 */
function int64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), 0);
  bytes.writeUInt32BE(value % 2 ** 32, 4);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}
