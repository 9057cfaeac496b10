import { expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import type { PlainProducer } from '../../../connectors/kafka/plain-producer.ts';
import { createLogger } from '../../../connectors/log.ts';
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
  nowMs = 0;
  readonly clock = {
    now: () => this.nowMs,
    monotonic: () => this.nowMs,
    sleep: async (ms: number) => void (this.nowMs += ms),
  };

  reporter(reads = true): Reporter {
    const producer = {
      send: async (_topic: string, _partition: number, [record]: { key: Buffer; value: Buffer }[]) => {
        this.writes += 1;
        this.topic.set(String(record!.key), String(record!.value));
      },
    } as unknown as PlainProducer;
    const view = { readToEnd: async () => {}, get: (key: string) => this.seen.get(key) ?? null };
    const status = new StatusWriter(producer, 'status', 1, this.clock, reads ? view : null);
    return new Reporter('s', 0, ['T'], { status, clock: this.clock, log });
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
