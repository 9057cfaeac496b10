import { beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import { SourceTask, type SourceTaskOptions } from '../../../connectors/runtime/source/source-task.ts';
import type { SourceWorld } from '../../../connectors/runtime/source/source-world.ts';

const kafka = vi.hoisted(() => ({ begins: 0, failures: [] as Error[] }));

vi.mock('../../../connectors/kafka/producer.ts', () => ({
  TransactionalProducer: class {
    async init() {
      kafka.begins++;
      const failure = kafka.failures.shift();
      if (failure) throw failure;
    }
    async close() {}
  },
}));

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const clock = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 100, signal),
};

/** A task whose one table waits for the catalog. */
function subject() {
  const reports = new Map<string, { error: { code: string; halted: boolean } | null }>();
  const status = {
    write: async (key: string, value: { error: { code: string; halted: boolean } | null }) => {
      if (key.startsWith('messina-table')) reports.set('T', value);
    },
    writeUnlessTaken: async () => {},
  };
  const catalog = {
    readPastOpen: async () => {},
    currentSnapshot: () => null,
    snapshots: () => [],
    table: () => null,
    subscribe: () => () => {},
  };
  const world = {
    kafka: {},
    topics: { catalog: 'c' },
    catalog,
    offsets: () => ({ readPastOpen: async () => {} }),
    clock,
    log,
  } as unknown as SourceWorld;
  const options = {
    definition: { name: 'm-snapshot', run: { kind: 'snapshot' }, tables: ['T'], tasks: 2 },
    task: 1,
    group: 'm',
    workerId: 'w',
    generation: {
      fenced: async () => {},
      standing: async () => {},
      onFenced: () => () => {},
      epoch: () => 1,
    },
    status,
    offsetsTopic: { name: 'o', partitions: 1 },
  } as unknown as SourceTaskOptions;
  const task = new SourceTask(world, options);
  const ended = task.run();
  const stop = async () => {
    task.stop();
    await ended;
  };
  return { task, reports, stop };
}

beforeEach(() => {
  Object.assign(kafka, { begins: 0, failures: [] });
});

describe('a source task', () => {
  test('that a broker refuses halts its tables, and is not begun again for ever', async () => {
    kafka.failures.push(new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'not allowed'));
    const { task, reports, stop } = subject();
    const heard: string[] = [];
    task.onHalt((table, { code }) => heard.push(`${table} ${code}`));
    await vi.waitFor(() => expect(task.halts.get('T')).toMatchObject({ code: 'KAFKA_REFUSED' }));
    expect(heard).toEqual(['T KAFKA_REFUSED']);
    await vi.waitFor(() => expect(reports.get('T')?.error).toMatchObject({ halted: true }));
    expect(kafka.begins).toBe(1);
    await stop();
  });

  test('that cannot reach a broker says so of its tables, and takes it back when it runs', async () => {
    const away = new KafkaError('BROKER_UNREACHABLE', 'away');
    kafka.failures = new Array(1000).fill(away);
    const { task, reports, stop } = subject();
    await vi.waitFor(() =>
      expect(reports.get('T')?.error).toMatchObject({ code: 'KAFKA_UNREACHABLE', halted: false }),
    );
    kafka.failures = [];
    await vi.waitFor(() => expect(reports.get('T')).toMatchObject({ error: null }));
    expect(task.halts.size).toBe(0);
    await stop();
  });
});
