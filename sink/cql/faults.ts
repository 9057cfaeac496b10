import cassandra from 'cassandra-driver';
import { ConnectError, type ErrorCode } from '../../connectors/errors.ts';

const { errors } = cassandra;

/** What the failure of a request says. Rule C6: whatever may have been executed is simply sent again. */
export type Verdict =
  /** Not executed; send again, slower. */
  | 'throttled'
  /** Not executed, or only read; send again. */
  | 'transient'
  /** A write was executed, or not, or later; send again. */
  | 'unknown'
  /** The row will never be accepted. */
  | 'refused'
  /** The target as a whole is broken. */
  | 'broken';

interface Judgement {
  readonly verdict: Verdict;
  readonly code: ErrorCode;
}

const throttled: Judgement = { verdict: 'throttled', code: 'TARGET_THROTTLED' };
const transient: Judgement = { verdict: 'transient', code: 'TARGET_UNREACHABLE' };
const unknown: Judgement = { verdict: 'unknown', code: 'TARGET_UNKNOWN_OUTCOME' };
const denied: Judgement = { verdict: 'broken', code: 'TARGET_ACCESS_DENIED' };
const broken: Judgement = { verdict: 'broken', code: 'TARGET_REFUSED' };

const INVALID = 0x2200;
const CONFIGURATION = 0x2300;
const UNPREPARED = 0x2500;

/** Error codes of the native protocol v4, section 9; those of v5 that servers send nevertheless behind them. */
const byCode: ReadonlyMap<number, Judgement> = new Map([
  [0x0000, unknown], // server error: also what an overloaded node says
  [0x000a, broken], // protocol error
  [0x0100, denied], // bad credentials
  [0x1000, transient], // unavailable
  [0x1001, throttled], // overloaded
  [0x1002, transient], // is bootstrapping
  [0x1003, transient], // truncate error
  [0x1100, unknown], // write timeout
  [0x1200, transient], // read timeout
  [0x1300, transient], // read failure
  [0x1400, broken], // function failure
  [0x1500, unknown], // write failure: some replicas may have it
  [0x1600, throttled], // CDC write failure: no room in the commit log of changes
  [0x1700, unknown], // CAS write unknown
  [0x2000, broken], // syntax error
  [0x2100, denied], // unauthorized
  [CONFIGURATION, broken],
  [0x2400, broken], // already exists
  [UNPREPARED, transient], // no node could prepare it again
  [0x8000, transient], // the driver could not write to the socket
]);

/** What "invalid" means, by the words of Cassandra 3 to 5 and of ScyllaDB; anything else is about the row's values. */
const invalidByWords: readonly (readonly [RegExp, Judgement])[] = [
  [
    /\bkeyspace\b.* does not exist|unconfigured keyspace/i,
    { verdict: 'broken', code: 'TARGET_KEYSPACE_MISSING' },
  ],
  [
    /unconfigured (table|columnfamily)|\btable\b.* does not exist/i,
    { verdict: 'broken', code: 'TARGET_TABLE_MISSING' },
  ],
  [
    /undefined (column )?name|unknown identifier|unrecognized name|unknown column|unknown type/i,
    { verdict: 'broken', code: 'TARGET_SCHEMA' },
  ],
  // ScyllaDB: restrict_future_timestamp
  [/timestamp.* into the future/i, { verdict: 'broken', code: 'RECORD_VERSION' }],
  [
    /too large|too long|too big|oversized|longer than maximum/i,
    { verdict: 'refused', code: 'RECORD_TOO_LARGE' },
  ],
];

/** Judges what the driver threw. */
export function verdictOf(error: unknown): Verdict {
  return judge(error).verdict;
}

/**
 * A failure of the driver as one of the runtime's errors. A ConnectError stays as it is, and so does what is no error of the
 * driver: an abort's reason, a defect.
 *
 * @param table the target table, null: the cluster as a whole, where a statement is refused and never a row.
 */
export function cqlError(error: unknown, table: string | null): unknown {
  if (!isOfDriver(error)) return error;
  const { verdict, code } = judge(error);
  if (table === null) {
    const refused = verdict === 'refused' ? broken.code : code;
    return new ConnectError(refused, `The target cluster: ${messageOf(error)}`, { cause: error });
  }
  const message =
    verdict === 'refused'
      ? `Target table "${table}" refuses the row: ${withoutValues(error.message)}`
      : `Target table "${table}": ${messageOf(error)}`;
  return new ConnectError(code, message, { cause: error, detail: { table } });
}

/** Runs a step against the target; what it throws becomes a {@link cqlError}. */
export async function atCluster<T>(table: string | null, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw cqlError(error, table);
  }
}

/** What each node answered, or why it did not, when no node could be asked. */
export function innerErrors(error: unknown): readonly (readonly [address: string, inner: unknown])[] {
  if (!(error instanceof errors.NoHostAvailableError)) return [];
  const inner: unknown = error.innerErrors;
  return typeof inner === 'object' && inner !== null ? Object.entries(inner) : [];
}

/** Whether no node knew a prepared statement any more, and none could prepare it again. */
export function isUnprepared(error: unknown): boolean {
  return innerErrors(error).some(
    ([, inner]) => inner instanceof errors.ResponseError && inner.code === UNPREPARED,
  );
}

function judge(error: unknown): Judgement {
  if (error instanceof errors.ResponseError) return judgeAnswer(error.code, error.message);
  if (error instanceof errors.AuthenticationError) return denied;
  if (error instanceof errors.BusyConnectionError) return throttled;
  if (error instanceof errors.OperationTimedOutError) return unknown;
  if (error instanceof errors.NoHostAvailableError)
    return judgeAll(innerErrors(error).map(([, inner]) => inner));
  if (isWithoutConnection(error)) return transient;
  // Marks that the driver sets (cassandra-driver lib/connection.js and lib/writers.js).
  if (isSocketError(error)) return error.requestNotWritten === true ? transient : unknown;
  return broken;
}

function judgeAnswer(code: number, message: string): Judgement {
  // ScyllaDB gives its rate limit a code of its own, or 0x2300 to clients that do not know it (protocol-extensions.md).
  const known = byCode.get(code);
  if ((known === undefined || code === CONFIGURATION) && /rate limit/i.test(message)) return throttled;
  if (code !== INVALID) return known ?? unknown;
  const found = invalidByWords.find(([words]) => words.test(message));
  return found?.[1] ?? { verdict: 'refused', code: 'RECORD_REFUSED' };
}

/** No node was left to ask: nothing was executed. */
function judgeAll(inner: readonly unknown[]): Judgement {
  const judged = inner.filter((error) => error instanceof errors.DriverError).map(judge);
  return (
    judged.find(({ code }) => code === 'TARGET_ACCESS_DENIED') ??
    judged.find((each) => each === throttled) ??
    transient
  );
}

/** A plain Error of the driver: a statement was to be prepared at a node whose last connection was just gone (lib/prepare-handler.js). */
function isWithoutConnection(error: unknown): error is Error {
  return error instanceof Error && error.message === 'No connection available';
}

function isSocketError(error: unknown): error is Error & { readonly requestNotWritten?: unknown } {
  return error instanceof Error && 'isSocketError' in error;
}

function isOfDriver(error: unknown): error is Error {
  return error instanceof errors.DriverError || isSocketError(error) || isWithoutConnection(error);
}

function messageOf(error: Error): string {
  const inner = innerErrors(error);
  if (inner.length === 0) return error.message;
  const reasons = inner.map(([address, reason]) => `${address}: ${textOf(reason)}`);
  return `no node can be asked (${reasons.join('; ')})`;
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason ?? 'it gave no answer');
}

// Servers repeat values in some messages, as literals.
function withoutValues(message: string): string {
  return message.replace(/'(?:[^']|'')*'/g, "'…'");
}
