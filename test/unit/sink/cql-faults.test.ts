import cassandra from 'cassandra-driver';
import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { cqlError, type Verdict, verdictOf } from '../../../sink/cql/faults.ts';

const { errors } = cassandra;
const answer = (code: number, message = 'words of the server') => new errors.ResponseError(code, message);
const noHost = (inner: Readonly<Record<string, unknown>>) => new errors.NoHostAvailableError(inner);
const socketError = (more: object = {}) =>
  Object.assign(new Error('Socket was closed'), { isSocketError: true, ...more });

const cases: readonly (readonly [what: string, error: Error, verdict: Verdict, code: string])[] = [
  ['a write timeout', answer(0x1100), 'unknown', 'TARGET_UNKNOWN_OUTCOME'],
  ['a write failure', answer(0x1500), 'unknown', 'TARGET_UNKNOWN_OUTCOME'],
  ['a server error', answer(0x0000), 'unknown', 'TARGET_UNKNOWN_OUTCOME'],
  ['no answer', new errors.OperationTimedOutError('no reply', 'n1'), 'unknown', 'TARGET_UNKNOWN_OUTCOME'],
  ['a closed socket', socketError(), 'unknown', 'TARGET_UNKNOWN_OUTCOME'],
  ['a code nobody knows', answer(0x7777), 'unknown', 'TARGET_UNKNOWN_OUTCOME'],
  ['a read timeout', answer(0x1200), 'transient', 'TARGET_UNREACHABLE'],
  ['a read failure', answer(0x1300), 'transient', 'TARGET_UNREACHABLE'],
  ['too few replicas', answer(0x1000), 'transient', 'TARGET_UNREACHABLE'],
  ['a node that starts', answer(0x1002), 'transient', 'TARGET_UNREACHABLE'],
  ['a socket closed before', socketError({ requestNotWritten: true }), 'transient', 'TARGET_UNREACHABLE'],
  ['a node without a connection', new Error('No connection available'), 'transient', 'TARGET_UNREACHABLE'],
  [
    'no node that is up',
    noHost({ n1: 'Host considered as DOWN', n2: null }),
    'transient',
    'TARGET_UNREACHABLE',
  ],
  ['an overloaded node', answer(0x1001), 'throttled', 'TARGET_THROTTLED'],
  ['full connections', new errors.BusyConnectionError('n1', 2048, 1), 'throttled', 'TARGET_THROTTLED'],
  [
    'full connections everywhere',
    noHost({ n1: 'Host considered as DOWN', n2: new errors.BusyConnectionError('n2', 2048, 1) }),
    'throttled',
    'TARGET_THROTTLED',
  ],
  [
    'ScyllaDB’s rate limit under its own code',
    answer(0x4321, 'Per-partition rate limit reached for writes in table ks.t, rejected by replicas'),
    'throttled',
    'TARGET_THROTTLED',
  ],
  [
    'ScyllaDB’s rate limit as a configuration error',
    answer(0x2300, 'Per-partition rate limit reached for writes in table ks.t'),
    'throttled',
    'TARGET_THROTTLED',
  ],
  ['another configuration error', answer(0x2300, 'Unknown compaction'), 'broken', 'TARGET_REFUSED'],
  ['a value that does not fit', answer(0x2200, 'Expected 4 or 0 byte int (8)'), 'refused', 'RECORD_REFUSED'],
  ['an empty key', answer(0x2200, 'Key may not be empty'), 'refused', 'RECORD_REFUSED'],
  [
    'an oversize key (Cassandra)',
    answer(0x2200, 'Key length of 70000 is longer than maximum of 65535'),
    'refused',
    'RECORD_TOO_LARGE',
  ],
  [
    'an oversize key (ScyllaDB)',
    answer(0x2200, 'Key size too large: 70000 > 65535'),
    'refused',
    'RECORD_TOO_LARGE',
  ],
  ['an oversize batch', answer(0x2200, 'Batch too large'), 'refused', 'RECORD_TOO_LARGE'],
  [
    'a timestamp too far ahead',
    answer(0x2200, 'Cannot provide a timestamp more than 3 days into the future.'),
    'broken',
    'RECORD_VERSION',
  ],
  [
    'a lost table (Cassandra)',
    answer(0x2200, 'table orders does not exist'),
    'broken',
    'TARGET_TABLE_MISSING',
  ],
  ['a lost table (ScyllaDB)', answer(0x2200, 'unconfigured table orders'), 'broken', 'TARGET_TABLE_MISSING'],
  ['a lost keyspace', answer(0x2200, "Keyspace 'music' does not exist"), 'broken', 'TARGET_KEYSPACE_MISSING'],
  ['a lost column', answer(0x2200, 'Undefined column name price in table t'), 'broken', 'TARGET_SCHEMA'],
  ['a lost column (ScyllaDB)', answer(0x2200, 'Unknown identifier price'), 'broken', 'TARGET_SCHEMA'],
  ['a missing permission', answer(0x2100), 'broken', 'TARGET_ACCESS_DENIED'],
  ['a wrong password', answer(0x0100), 'broken', 'TARGET_ACCESS_DENIED'],
  [
    'a password that is wrong now',
    noHost({ n1: new errors.AuthenticationError('no'), n2: socketError() }),
    'broken',
    'TARGET_ACCESS_DENIED',
  ],
  ['a syntax error', answer(0x2000), 'broken', 'TARGET_REFUSED'],
];

describe('a failure of the driver', () => {
  test.each(cases)('%s', (_what, error, verdict, code) => {
    expect(verdictOf(error)).toBe(verdict);
    const made = cqlError(error, 'music.Orders');
    expect(made).toBeInstanceOf(ConnectError);
    expect(made).toMatchObject({ code, cause: error, detail: { table: 'music.Orders' } });
  });

  test('that says of no node why names them all', () => {
    const error = cqlError(noHost({ n1: 'Host considered as DOWN', n2: answer(0x1001, 'busy') }), null);
    expect((error as Error).message).toBe(
      'The target cluster: no node can be asked (n1: Host considered as DOWN; n2: busy)',
    );
  });

  test('that refuses a row repeats no value of it', () => {
    const error = cqlError(answer(0x2200, "Unable to make int from 'O''Brien' in 'x'"), 't');
    expect((error as Error).message).not.toMatch(/Brien|'x'/);
  });

  test('of a statement that is about no row halts, and says why in the server’s words', () => {
    const words = "Cannot drop user type 'music.Part' as it is still used by table songs";
    const error = cqlError(answer(0x2200, words), null);
    expect(error).toMatchObject({ code: 'TARGET_REFUSED', message: `The target cluster: ${words}` });
  });

  test('is none when it is an abort, a defect, or understood already', () => {
    for (const error of [
      new Error('stopped'),
      new TypeError('defect'),
      new ConnectError('LEASE_LOST', 'x'),
    ]) {
      expect(cqlError(error, 't')).toBe(error);
      expect(verdictOf(error)).toBe('broken');
    }
  });
});
