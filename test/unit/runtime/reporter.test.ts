import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import type { PlainProducer } from '../../../connectors/kafka/plain-producer.ts';
import { createLogger } from '../../../connectors/log.ts';
import { NOTHING_TO_READ, saidOfTable } from '../../../connectors/runtime/read-mark.ts';
import { Reporter } from '../../../connectors/runtime/reporter.ts';
import { StatusWriter, statusKeys } from '../../../connectors/runtime/status-log.ts';

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const KEY = statusKeys.table('s', 0, 'T');

/** A status topic, and time that its reporters' sleep makes pass. */
class Status {
  readonly topic = new Map<string, string>();
  /** What readers see of it. */
  seen = this.topic;
  writes = 0;
  /** Called behind each write. */
  onWrite: () => void = () => {};
  nowMs = 0;
  readonly clock = {
    now: () => this.nowMs,
    monotonic: () => this.nowMs,
    sleep: async (ms: number) => void (this.nowMs += ms),
  };

  reporter(reads = true, tables = ['T']): Reporter {
    const producer = {
      send: async (_topic: string, _partition: number, [record]: { key: Buffer; value: Buffer }[]) => {
        this.writes += 1;
        this.topic.set(String(record!.key), String(record!.value));
        this.onWrite();
      },
    } as unknown as PlainProducer;
    const view = { readToEnd: async () => {}, get: (key: string) => this.seen.get(key) ?? null };
    const status = new StatusWriter(producer, 'status', 1, this.clock, reads ? view : null);
    return new Reporter('s', 0, tables, { status, clock: this.clock, log });
  }

  /** Up to when a reader takes a table to be read. */
  readTo(table: string): number | null | undefined {
    return saidOfTable((key) => this.topic.get(key) ?? null, 's', 0, table)?.readToMs;
  }

  get error(): unknown {
    return JSON.parse(this.topic.get(KEY)!).error;
  }

  /** Reports once a second. */
  async run(reporter: Reporter, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await reporter.flush();
      await this.clock.sleep(1000);
    }
  }
}

test('what a worker that slept says of a table of another is mended by whoever owns it', async () => {
  const status = new Status();
  const slept = status.reporter();
  await slept.flush();
  const owner = status.reporter();
  await status.run(owner, 2);
  slept.fault('T', new ConnectError('TARGET_UNREACHABLE', 'what it saw before it slept'));
  const stopped = new AbortController();
  stopped.abort();
  await slept.run(stopped.signal);
  expect(status.error).toMatchObject({ code: 'TARGET_UNREACHABLE' });
  await status.run(owner, 25);
  expect(status.error).toBeNull();
});

test('what stands in the topic is not said again; nor is it where nobody reads, or reading is only behind', async () => {
  const status = new Status();
  await status.run(status.reporter(), 60);
  expect(status.writes).toBe(1);
  await status.run(status.reporter(false), 60);
  expect(status.writes).toBe(2);
  const late = status.reporter();
  status.seen = new Map();
  await late.flush();
  await status.run(late, 12);
  status.seen = status.topic;
  await status.run(late, 60);
  expect(status.writes).toBe(3);
});

describe('how far tables are read', () => {
  test('is a record a second, however many tables are idle, and a second old at most', async () => {
    const status = new Status();
    const tables = Array.from({ length: 100 }, (_, i) => `T${i}`);
    const reporter = status.reporter(true, tables);
    for (const [i, table] of tables.entries()) reporter.readTo(table, () => status.nowMs - i);
    await reporter.flush();
    status.writes = 0;
    await status.run(reporter, 60);
    expect(status.writes).toBe(59);
    for (const table of tables) expect(status.nowMs - (status.readTo(table) ?? 0)).toBeLessThanOrEqual(1100);
    expect(Math.max(...[...status.topic.values()].map((value) => value.length))).toBeLessThan(150);
  });

  test('is said of each table alone where it is not as far as the others, is not known, or has nothing to read', async () => {
    const status = new Status();
    const tables = ['A', 'B', 'late', 'unknown', 'none', '__proto__'];
    const reporter = status.reporter(true, tables);
    status.nowMs = 100_000;
    const readTo = new Map<string, number | null>([
      ['A', 99_000],
      ['B', 98_500],
      ['late', 5],
      ['unknown', null],
      ['none', NOTHING_TO_READ],
      ['__proto__', 7],
    ]);
    for (const table of tables) reporter.readTo(table, () => readTo.get(table)!);
    await reporter.flush();
    const read = () => tables.map((table) => status.readTo(table));
    expect(read()).toEqual([98_500, 98_500, 5, null, NOTHING_TO_READ, 7]);
    readTo.set('A', null).set('late', 97_000).set('unknown', 98_000).set('none', 98_500);
    await reporter.flush();
    expect(read()).toEqual([null, 97_000, 97_000, 97_000, 97_000, 7]);
    for (const table of tables) readTo.set(table, null);
    await reporter.flush();
    expect(read()).toEqual([null, null, null, null, null, null]);
  });

  test('counts only for the tables of the run that says it, and for none before its reader says how far', async () => {
    const status = new Status();
    const earlier = status.reporter(true, ['T', 'gone']);
    for (const table of ['T', 'gone']) earlier.readTo(table, () => status.nowMs);
    status.nowMs = 5000;
    await earlier.flush();
    const later = status.reporter(true, ['T']);
    await later.flush();
    expect([status.readTo('T'), status.readTo('gone'), status.readTo('new')]).toEqual([
      null,
      5000,
      undefined,
    ]);
    status.nowMs = 6000;
    later.readTo('T', () => status.nowMs);
    await later.flush();
    expect([status.readTo('T'), status.readTo('gone')]).toEqual([6000, null]);
  });

  test('is never taken from other tables: a table counts only once the mark tells of it', async () => {
    const status = new Status();
    const reporter = status.reporter(true, ['T', 'new']);
    reporter.readTo('T', () => 5000);
    await reporter.flush();
    reporter.readTo('new', () => null);
    const seen: unknown[] = [];
    status.onWrite = () => seen.push(status.readTo('new'));
    await reporter.flush();
    expect(seen).toEqual([null, null]);
  });

  test('is said again when another run has put its own in place', async () => {
    const status = new Status();
    const slept = status.reporter();
    const owner = status.reporter();
    slept.readTo('T', () => 1000);
    owner.readTo('T', () => 5000);
    await slept.flush();
    await status.run(owner, 2);
    await status.run(slept, 1);
    status.topic.set(statusKeys.mark('s', 0), '{"run":"another","readToMs":9,"others":{}}');
    await status.run(owner, 25);
    expect(status.readTo('T')).toBe(5000);
  });

  test('is nothing that a task says which reads no source', async () => {
    const status = new Status();
    await status.run(status.reporter(), 3);
    expect([...status.topic.keys()]).toEqual([KEY]);
    expect(status.readTo('T')).toBeNull();
  });
});
