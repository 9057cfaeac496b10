import cassandra from 'cassandra-driver';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { LaneStanding } from '../../../connectors/connector.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import type { TableMapping } from '../../../schemas/cql/table-mapping.ts';
import type { WriteTarget } from '../../../sink/cql/delivery.ts';
import { MisfitTally } from '../../../sink/cql/misfit-tally.ts';
import { CqlTask } from '../../../sink/cql/task.ts';
import { InFlight } from '../../../sink/in-flight.ts';
import { sinkTable } from '../../sink-records.ts';
import { changeOf, itemOf, keySchema, movingMapping, nowSeconds, plainMapping, V } from './cql-fixture.ts';
import { JumpingClock } from './jumping-clock.ts';

const { ResponseError, OperationTimedOutError } = cassandra.errors;
const codes = {
  overloaded: 0x1001,
  unavailable: 0x1000,
  writeTimeout: 0x1100,
  invalid: 0x2200,
  unauthorized: 0x2100,
};
const answer = (code: number, message = 'said the server') => new ResponseError(code, message);

class PresentClock extends JumpingClock {
  override now(): number {
    return nowSeconds * 1000 + this.monotonic();
  }
}

interface Sent {
  readonly statement: string;
  readonly params: readonly unknown[];
}

interface Scene {
  readonly mapping?: TableMapping;
  /** What a request is answered with; null: it is executed. Called once per request, in their order. */
  readonly onSent?: (sent: Sent, count: number) => unknown;
  readonly leaseValid?: () => boolean;
  readonly requestsMax?: number;
  readonly stop?: AbortController;
}

function scene({
  mapping = plainMapping,
  onSent = () => null,
  leaseValid = () => true,
  requestsMax = 64,
  stop = new AbortController(),
}: Scene) {
  const clock = new PresentClock();
  const sent: Sent[] = [];
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const inFlight = new InFlight(clock, { requestsMax, bytesMax: 1 << 20, slowMs: 1000 });
  let underWay = 0;
  const seen = { underWayMost: 0, closed: false };
  const target: WriteTarget = {
    mapping,
    statements: { insert: 'insert', insertTtl: 'insert ttl', delete: 'delete' },
    name: 'ks.T',
  };
  const task = new CqlTask({
    outbox: {
      clock,
      signal: stop.signal,
      leaseValid,
      inFlight,
      tally: new MisfitTally(log, clock),
      execute: async (statement, params) => {
        const one = { statement, params };
        sent.push(one);
        seen.underWayMost = Math.max(seen.underWayMost, ++underWay);
        try {
          const error = onSent(one, sent.length);
          await clock.sleep(1);
          if (error !== null) throw error;
        } finally {
          underWay -= 1;
        }
      },
    },
    targetOf: () => target,
    tableId: async () => '',
    close: async () => {
      seen.closed = true;
    },
  });
  const table = sinkTable('T', keySchema);
  const put = (batch: readonly ChangeRecord[], standing?: LaneStanding) =>
    task.put(table, '0', batch, standing);
  return {
    task,
    put,
    sent,
    lines,
    clock,
    inFlight,
    seen,
    idsOf: () => sent.map(({ params }) => idOf(params)),
  };
}

function idOf(params: readonly unknown[]): string {
  return (
    params
      .map((one) => (Buffer.isBuffer(one) ? one.toString('latin1') : ''))
      .find((text) => /^k\d+$/.test(text)) ?? ''
  );
}

const records = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    changeOf('c', `k${i}`, V + i, { after: itemOf(`k${i}`, { n: { N: '7' } }) }),
  );

describe('CqlTask', () => {
  test('sends each row as bytes, with its version and, where it expires, its seconds to live', async () => {
    const { put, sent } = scene({});
    // All bits of the lower half are used.
    const high = V + 2 ** 31;
    expect(await put([...records(1), changeOf('d', 'k9', high, {})])).toEqual([]);
    const stamp = (version: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt(version));
      return bytes;
    };
    expect(sent).toEqual([
      {
        statement: 'insert',
        params: [Buffer.from('k0'), Buffer.from([0, 0, 0, 7]), null, Buffer.alloc(4), stamp(V)],
      },
      { statement: 'delete', params: [stamp(high), Buffer.from('k9')] },
    ]);
  });

  test('leaves absent columns of the first snapshot unset', async () => {
    const { put, sent } = scene({});
    const row = changeOf('r', 'k0', V, { after: itemOf('k0') });
    await put([row], { isOurs: () => true, firstVersion: V });
    await put([row], { isOurs: () => true, firstVersion: V - 1 });
    const { unset } = cassandra.types;
    expect(sent.map(({ params }) => params.slice(1, 3))).toEqual([
      [unset, unset],
      [null, null],
    ]);
  });

  test('has as much under way as the bound lets it, and ends when all of it is executed', async () => {
    const { put, seen, inFlight, sent } = scene({ requestsMax: 12 });
    await put(records(100));
    expect(sent).toHaveLength(100);
    expect(seen.underWayMost).toBe(12);
    expect(inFlight.requests).toBe(0);
  });

  test('repeats what was throttled, not executed or of unknown outcome, as it was, until it is executed', async () => {
    const faults = [
      answer(codes.overloaded),
      answer(codes.unavailable),
      answer(codes.writeTimeout),
      new OperationTimedOutError('no answer', 'node'),
    ];
    const { put, sent } = scene({
      onSent: (_, count) => (count <= 8 ? faults[count % faults.length] : null),
    });
    expect(await put(records(5))).toEqual([]);
    expect(sent).toHaveLength(13);
    const texts = new Set(sent.map(({ statement, params }) => JSON.stringify([statement, params])));
    expect(texts.size).toBe(5);
  });

  test('sends less when it is throttled', async () => {
    const { put, inFlight } = scene({ onSent: (_, count) => (count < 12 ? answer(codes.overloaded) : null) });
    await put(records(4));
    expect(inFlight.window).toBeLessThan(8);
  });

  test('hands the batch back after ten seconds in which nothing was executed', async () => {
    const { put, clock, inFlight } = scene({
      onSent: ({ params }) => (idOf(params) === 'k1' ? answer(codes.writeTimeout) : null),
    });
    const startMs = clock.monotonic();
    await expect(put(records(3))).rejects.toMatchObject({ code: 'TARGET_UNKNOWN_OUTCOME' });
    const tookMs = clock.monotonic() - startMs;
    expect(tookMs).toBeGreaterThan(10_000);
    expect(tookMs).toBeLessThan(25_000);
    expect(inFlight.requests).toBe(0);
  });

  test('goes on for as long as rows are taken, however slowly', async () => {
    let [second, taken] = [0, 0];
    const { put, clock, sent } = scene({
      onSent: () => {
        const now = Math.floor(clock.monotonic() / 1000);
        if (now !== second) [second, taken] = [now, 0];
        return ++taken > 10 ? answer(codes.overloaded) : null;
      },
    });
    expect(await put(records(150))).toEqual([]);
    expect(clock.monotonic()).toBeGreaterThan(14_000);
    expect(sent.length).toBeGreaterThan(150);
  });

  test('names refused records by index while the others land', async () => {
    const { put, sent } = scene({
      onSent: ({ params }) => (/^k[36]$/.test(idOf(params)) ? answer(codes.invalid, 'bad value') : null),
    });
    const failures = await put(records(8));
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([
      [3, 'RECORD_REFUSED'],
      [6, 'RECORD_REFUSED'],
    ]);
    expect(sent).toHaveLength(8);
  });

  test('names records that cannot be mapped, and executes what they ask for all the same', async () => {
    const { put, sent } = scene({ mapping: movingMapping });
    const before = itemOf('k0', { genre: { S: 'jazz' } });
    const failures = await put([changeOf('u', 'k0', V, { before, after: itemOf('k0') })]);
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([[0, 'RECORD_UNMAPPABLE']]);
    expect(sent.map(({ statement }) => statement)).toEqual(['delete']);
  });

  test('throws what breaks the target, once nothing is under way any more', async () => {
    const { put, inFlight, sent } = scene({
      requestsMax: 4,
      onSent: (_, count) => (count === 2 ? answer(codes.unauthorized) : null),
    });
    await expect(put(records(50))).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    expect(inFlight.requests).toBe(0);
    expect(sent.length).toBeLessThan(20);
  });

  test('throws at a version that servers refuse, and writes nothing of it', async () => {
    const { put, sent } = scene({});
    const late = changeOf('d', 'k0', (nowSeconds + 10 * 86_400) * 1e6, {});
    await expect(put([late])).rejects.toMatchObject({ code: 'RECORD_VERSION' });
    expect(sent).toEqual([]);
  });

  test('looks at its lease before each request, repeated ones too', async () => {
    let valid = true;
    const lost = scene({
      leaseValid: () => valid,
      onSent: (_, count) => {
        valid = count < 3;
        return null;
      },
    });
    await expect(lost.put(records(10))).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(lost.sent).toHaveLength(3);
    let ours = true;
    const given = scene({
      onSent: () => {
        ours = false;
        return answer(codes.writeTimeout);
      },
    });
    const standing = { isOurs: () => ours, firstVersion: null };
    await expect(given.put(records(1), standing)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(given.sent).toHaveLength(1);
  });

  test('hands a batch back as soon as whoever asks wants it', async () => {
    const given = scene({ onSent: () => answer(codes.writeTimeout) });
    const standing = { isOurs: () => true, firstVersion: null, failsAfterMs: 0 };
    await expect(given.put(records(1), standing)).rejects.toMatchObject({ remedy: 'retry' });
    expect(given.sent.length).toBeLessThanOrEqual(2);
  });

  test('stops with the signal, and sends nothing more', async () => {
    const stop = new AbortController();
    const { put, sent } = scene({
      stop,
      onSent: () => {
        stop.abort(new Error('stopped'));
        return answer(codes.writeTimeout);
      },
    });
    await expect(put(records(10))).rejects.toThrow('stopped');
    expect(sent).toHaveLength(1);
  });

  test('waits for nothing when it takes a lane over', async () => {
    const { task, clock } = scene({});
    const startMs = clock.monotonic();
    await task.adopt();
    expect(clock.monotonic()).toBe(startMs);
  });

  test('says at once, then once a minute and at the end, what did not fit', async () => {
    const { task, put, lines, clock, seen } = scene({});
    const misfit = changeOf('c', 'k0', V, { after: itemOf('k0', { n: { S: 'secret' } }) });
    for (let i = 0; i < 4; i++) await put([misfit]);
    await clock.sleep(60_000);
    await put([misfit]);
    await put([misfit]);
    await task[Symbol.asyncDispose]();
    const facts = { table: 'ks.T', column: 'n', went: 'leftovers' };
    expect(lines).toMatchObject([1, 4, 1].map((count) => ({ ...facts, records: count })));
    expect(JSON.stringify(lines)).not.toContain('secret');
    expect(seen.closed).toBe(true);
  });
});
