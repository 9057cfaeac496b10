import { ConnectError } from '../../connectors/errors.ts';
import { type ChangeRecord, isStreamOrigin } from '../../schemas/change.ts';
import {
  type BoundRow,
  isUnmappable,
  type TableMapping,
  type Unmappable,
} from '../../schemas/cql/table-mapping.ts';
import { CodecError } from '../../schemas/faults.ts';

/** One statement of a row, stamped with V of its record (rule C6). */
export type Mutation = Insert | Delete;

export interface Insert {
  readonly kind: 'insert';
  /** In the order of the table's columns. */
  readonly values: readonly (Buffer | null)[];
  /** Columns without a value are not touched: nothing can be there yet. False: what is there goes. */
  readonly leavesAbsent: boolean;
  /** µs. */
  readonly version: number;
  /** Null: it stays. */
  readonly ttlSeconds: number | null;
}

export interface Delete {
  readonly kind: 'delete';
  readonly key: readonly Buffer[];
  /** µs. */
  readonly version: number;
}

/** What becomes of one record. */
export interface Mutations {
  /** None depends on another: they may be executed in any order, and each again and again. */
  readonly mutations: readonly Mutation[];
  /** Why the record is set aside, or halts its table; null: it is written when the mutations are. */
  readonly failure: ConnectError | null;
  /** The row that was made of it, with what it lost; null: none was. */
  readonly row: BoundRow | null;
}

export interface Circumstances {
  /** V of rows that are the first ever of their keys in a table that was empty; null: there are none (rule C6). */
  readonly firstVersion: number | null;
  /** Our clock, seconds since the epoch: for time to live, and for nothing else that is written. */
  readonly nowSeconds: number;
}

/** ScyllaDB refuses timestamps later than three days from now (restrict_future_timestamp). */
const AHEAD_SECONDS_MAX = 3 * 86_400;
/** The longest TTL of CQL: 20 years (ScyllaDB gc_clock.hh, Cassandra Attributes.java). */
const TTL_SECONDS_MAX = 20 * 365 * 86_400;
/** What expired longer ago never does (DynamoDB developer guide, Time to Live; ScyllaDB alternator/ttl.cc). */
const EXPIRED_SECONDS_MAX = 5 * 365 * 86_400;

/**
 * What a record does to the table (rule C6). Pure: the same record comes to the same mutations, save for their TTL, so
 * that records may come in any order, twice, and long after.
 */
export function mutationsOf(
  mapping: TableMapping,
  record: ChangeRecord,
  circumstances: Circumstances,
): Mutations {
  try {
    return made(mapping, record, circumstances);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return failed(new ConnectError('RECORD_UNDECODABLE', error.message, { cause: error }));
  }
}

/** Throws CodecError for an item whose bytes are wrong. */
function made(mapping: TableMapping, record: ChangeRecord, circumstances: Circumstances): Mutations {
  const { version, before, after } = record;
  if (version > (circumstances.nowSeconds + AHEAD_SECONDS_MAX) * 1e6) return failed(tooNew(mapping, record));
  if (!mapping.rekeyed) {
    if (after !== null) return put(mapping, record, circumstances, null);
    const key = mapping.keyOf(record.key);
    // An item whose key no row can have was set aside: there is no row to delete.
    return { mutations: isUnmappable(key) ? [] : [deletion(key, version)], failure: null, row: null };
  }
  if (before === null && !knowsOldPlace(record))
    return isSnapshotDelete(record) ? NOTHING : failed(noOldImage(mapping, record));
  const bound = before === null ? null : mapping.bindKey(before);
  // An old image whose key no row can have was set aside.
  const old = bound === null || isUnmappable(bound) ? null : bound;
  if (after !== null) return put(mapping, record, circumstances, old);
  return { mutations: old === null ? [] : [deletion(old, version)], failure: null, row: null };
}

const NOTHING: Mutations = { mutations: [], failure: null, row: null };

/**
 * @param old key columns of the row that the item had before, where the table has other keys than the source; null: it had
 * none, or the same ones
 */
function put(
  mapping: TableMapping,
  record: ChangeRecord,
  { firstVersion, nowSeconds }: Circumstances,
  old: readonly Buffer[] | null,
): Mutations {
  const { version, op } = record;
  const row = mapping.bind(record.after!);
  if (isUnmappable(row)) {
    // Rule C6: what follows tells of this image only, so a row elsewhere would stay for ever.
    return {
      mutations: old === null ? [] : [deletion(old, version)],
      failure: unmappable(mapping, row),
      row: null,
    };
  }
  const key = row.values.slice(0, keyColumns(mapping)) as Buffer[];
  const mutations: Mutation[] = [];
  if (old !== null && !sameBytes(old, key)) mutations.push(deletion(old, version));
  if (mapping.expired === 'delete' && hasExpired(row.expiresAt, nowSeconds)) {
    mutations.push(deletion(key, version));
  } else {
    const ttlSeconds = remainingSeconds(row.expiresAt, nowSeconds);
    const leavesAbsent = op === 'r' && version === firstVersion;
    mutations.push({ kind: 'insert', values: row.values, leavesAbsent, version, ttlSeconds });
  }
  return { mutations, failure: null, row };
}

/**
 * Has an item expired, for DynamoDB too? One whose time lies years back stays there for good, and so it does here.
 *
 * @param slackSeconds so much sooner or later counts as well
 */
export function hasExpired(expiresAt: number | null, nowSeconds: number, slackSeconds = 0): boolean {
  if (expiresAt === null || expiresAt > nowSeconds + slackSeconds) return false;
  return expiresAt > nowSeconds - slackSeconds - EXPIRED_SECONDS_MAX;
}

/** The TTL of a row; null: none, or the time has passed, and nothing says so in CQL. */
export function remainingSeconds(expiresAt: number | null, nowSeconds: number): number | null {
  if (expiresAt === null || expiresAt <= nowSeconds) return null;
  return Math.min(TTL_SECONDS_MAX, expiresAt - nowSeconds);
}

/** Without an old image: whether it is known all the same that the item had no row elsewhere. */
function knowsOldPlace({ op, beforeFiltered }: ChangeRecord): boolean {
  return op === 'c' || op === 'r' || beforeFiltered === true;
}

/** Rule C11: it speaks of rows of earlier epochs, and a table with other keys holds the current one's only (rule C6). */
function isSnapshotDelete({ op, origin }: ChangeRecord): boolean {
  return op === 'd' && !isStreamOrigin(origin);
}

function deletion(key: readonly Buffer[], version: number): Delete {
  return { kind: 'delete', key, version };
}

export function keyColumns({ table }: TableMapping): number {
  return table.partitionKey.length + table.clusteringKey.length;
}

function sameBytes(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.every((one, i) => one.equals(b[i]!));
}

function failed(failure: ConnectError): Mutations {
  return { mutations: [], failure, row: null };
}

function unmappable({ table }: TableMapping, { column, misfit }: Unmappable): ConnectError {
  return new ConnectError(
    'RECORD_UNMAPPABLE',
    `Column "${column}" of "${table.name}": the attribute ${misfit.reason}`,
    {
      detail: { table: table.name, column },
    },
  );
}

function noOldImage({ table }: TableMapping, { op }: ChangeRecord): ConnectError {
  const what = op === 'd' ? 'A delete' : 'An update';
  return new ConnectError(
    'RECORD_OLD_IMAGE',
    `${what} for "${table.name}" has no old image, so it is not known which row to delete`,
    { detail: { table: table.name } },
  );
}

function tooNew({ table }: TableMapping, { version }: ChangeRecord): ConnectError {
  const time = new Date(version / 1000).toISOString();
  return new ConnectError(
    'RECORD_VERSION',
    `A record for "${table.name}" has the version ${version} (${time}), more than three days from now`,
    { detail: { table: table.name, version } },
  );
}
