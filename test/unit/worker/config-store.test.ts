import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import { configKeys } from '../../../connectors/worker/state/config-records.ts';
import { ConfigStore } from '../../../connectors/worker/state/config-store.ts';
import { LogView, SharedLog } from './shared-log.ts';

vi.mock('../../../connectors/kafka/producer.ts', async () => ({
  TransactionalProducer: (await import('./shared-log.ts')).LogProducer,
}));

let log: SharedLog;
beforeEach(() => {
  log = new SharedLog();
});

/** Pauses between tries are over at once. */
const clock = { ...systemClock, sleep: async () => {} };

const storeOver = (shared: SharedLog) =>
  new ConfigStore(shared as unknown as KafkaClient, new LogView(shared) as unknown as KeyedLog, 'g', clock);

/** As REST has it: false where the name is taken. */
function create(store: ConfigStore, name: string, properties: object): Promise<boolean> {
  return store.change(() => {
    if (store.get(name) !== null) return { records: [], result: false };
    return { records: [{ key: configKeys.connector(name), value: { properties } }], result: true };
  });
}

describe('the connectors of a group', () => {
  test('are what the topic says, with the tasks that were committed', () => {
    log.write('connector-b', { properties: { name: 'b', 'tasks.max': 2 } });
    log.write('connector-a', { properties: { name: 'a' } });
    log.write('target-state-b', { state: 'PAUSED', 'state.v2': 'STOPPED' });
    log.write('task-b-0', { properties: { 'task.id': '0' } });
    log.write('task-b-1', { properties: { 'task.id': '1' } });
    log.write('commit-b', { tasks: 1 });
    const store = storeOver(log);
    expect(store.names()).toEqual(['a', 'b']);
    expect(store.get('a')).toEqual({ name: 'a', config: { name: 'a' }, target: 'STARTED', tasks: [] });
    expect(store.get('b')).toEqual({
      name: 'b',
      config: { name: 'b', 'tasks.max': '2' },
      target: 'STOPPED',
      tasks: [{ 'task.id': '0' }],
    });
    expect(store.get('c')).toBeNull();
  });

  test('of a Kafka Connect before 3.5 are paused or started', () => {
    log.write('connector-a', { properties: {} });
    log.write('target-state-a', { state: 'PAUSED' });
    expect(storeOver(log).get('a')?.target).toBe('PAUSED');
  });

  test('are read anew when their record changes', async () => {
    const store = storeOver(log);
    log.write('connector-a', { properties: { x: '1' } });
    await store.readToEnd();
    expect(store.get('a')?.config).toEqual({ x: '1' });
    log.write('connector-a', { properties: { x: '2' } });
    await store.readToEnd();
    expect(store.get('a')?.config).toEqual({ x: '2' });
    log.write('connector-a', null);
    await store.readToEnd();
    expect(store.get('a')).toBeNull();
  });

  test.each([
    ['connector-a', '{"properties"'],
    ['connector-a', '[]'],
    ['connector-a', '{"properties":"x"}'],
    ['target-state-a', '{"state":"ASLEEP"}'],
    ['commit-a', '{"tasks":-1}'],
    ['commit-a', '{"tasks":"1"}'],
    ['task-a-0', 'null'],
  ])('are not guessed where %s is %s', (key, value) => {
    log.write('connector-a', { properties: { password: 'geheim' } });
    log.write('task-a-0', { properties: {} });
    log.write('commit-a', { tasks: 1 });
    log.write(key, value);
    const store = storeOver(log);
    const read = () => store.all();
    expect(read).toThrow(ConnectError);
    expect(read).toThrow(`The record ${key} of the configs topic`);
    expect(read).not.toThrow(value);
  });
});

describe('a wish to restart', () => {
  test('is heard with what it says, of a connector or of one task; old ones are not', async () => {
    log.write('restart-connector-old', { 'include-tasks': true, 'only-failed': true });
    const store = storeOver(log);
    const heard: unknown[] = [];
    store.onRestart((wish) => heard.push(wish));
    log.write('restart-connector-a', { 'include-tasks': true, 'only-failed': false });
    log.write('messina-restart-task-a-b-12', {});
    log.write('restart-connector-a', null);
    log.write('connector-a', { properties: {} });
    await store.readToEnd();
    expect(heard).toEqual([
      { name: 'a', task: null, includeTasks: true, onlyFailed: false },
      { name: 'a-b', task: 12, includeTasks: false, onlyFailed: false },
    ]);
  });

  test('is written although the same was written before, when somebody else came in between', async () => {
    const record = { key: configKeys.restart('a'), value: { 'include-tasks': true, 'only-failed': false } };
    log.write(record.key, record.value);
    const store = storeOver(log);
    const heard: unknown[] = [];
    store.onRestart((wish) => heard.push(wish));
    let turns = 0;
    log.turn = async () => {
      // The record is appended, not committed: its transaction is rolled back.
      if (++turns === 6) await log.init();
    };
    await store.change(() => ({ records: [record], result: undefined }));
    expect(log.entries.some(({ transaction }) => transaction?.state === 'aborted')).toBe(true);
    expect(heard).toHaveLength(1);
  });
});

describe('a level of a logger', () => {
  test('is heard, those that stand first', async () => {
    log.write('logger-cluster-a', { level: 'DEBUG' });
    const store = storeOver(log);
    const heard: string[] = [];
    store.onLevel((namespace, record) => heard.push(`${namespace} ${record}`));
    log.write('logger-cluster-b', { level: 'WARN' });
    log.write('logger-cluster-b', null);
    await store.readToEnd();
    expect(heard).toEqual(['a {"level":"DEBUG"}', 'b {"level":"WARN"}']);
  });
});

describe('a change', () => {
  test('is read back before it is told of', async () => {
    const store = storeOver(log);
    expect(await create(store, 'a', { x: '1' })).toBe(true);
    expect(store.get('a')?.config).toEqual({ x: '1' });
  });

  test('that changes nothing writes nothing', async () => {
    const store = storeOver(log);
    expect(await store.change(() => ({ records: [], result: 7 }))).toBe(7);
    expect(log.entries).toEqual([]);
  });

  test('that is refused leaves the next one alone', async () => {
    const store = storeOver(log);
    const refused = store.change<void>(() => {
      throw new Error('no');
    });
    const next = create(store, 'a', {});
    await expect(refused).rejects.toThrow('no');
    expect(await next).toBe(true);
    expect(log.newest('connector-a')).not.toBeNull();
  });

  test('that is fenced again and again gives up', async () => {
    const store = storeOver(log);
    log.commit = async () => {
      await log.init();
      throw new KafkaError('PRODUCER_FENCED', 'somebody');
    };
    await expect(create(store, 'a', {})).rejects.toThrow('PRODUCER_FENCED');
    expect(log.epoch).toBe(20);
    expect(log.newest('connector-a')).toBeNull();
  });

  test('whose answer is lost is looked up, and not done twice', async () => {
    const store = storeOver(log);
    const commit = log.commit.bind(log);
    log.commit = async (epoch) => {
      log.commit = commit;
      await commit(epoch);
      throw new KafkaError('CONNECTION_LOST', 'commit');
    };
    expect(await create(store, 'a', {})).toBe(true);
    expect(log.entries.filter(({ key }) => key === 'connector-a')).toHaveLength(1);
  });

  test('is decided anew where the broker fails over a newer owner that takes the id in that moment', async () => {
    const store = storeOver(log);
    const commit = log.commit.bind(log);
    let takeovers = 2;
    log.commit = async (epoch) => {
      if (takeovers-- === 0) return commit(epoch);
      await log.init();
      throw new KafkaError('UNKNOWN_SERVER_ERROR', 'EndTxn');
    };
    expect(await create(store, 'a', {})).toBe(true);
    expect(log.newest('connector-a')).not.toBeNull();
  });

  test('that cannot reach its topic is told so at the second failure', async () => {
    const store = storeOver(log);
    let commits = 0;
    log.commit = async () => {
      commits++;
      throw new KafkaError('CONNECTION_LOST', 'commit');
    };
    await expect(create(store, 'a', {})).rejects.toThrow('CONNECTION_LOST');
    expect(commits).toBe(2);
  });

  test('of one name by several workers is done by exactly one of them, whoever comes in between when', async () => {
    const workers = fc.array(fc.record({ name: fc.constantFrom('a', 'b'), x: fc.constantFrom('1', '2') }), {
      minLength: 2,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), workers, async (s, asked) => {
        const shared = new SharedLog();
        shared.turn = () => s.schedule(Promise.resolve()).then(() => {});
        const done = await s.waitFor(
          Promise.all(
            // Who is fenced ten times in a row has done nothing.
            asked.map(({ name, x }) => create(storeOver(shared), name, { x }).catch(() => null)),
          ),
        );
        for (const name of new Set(asked.map((one) => one.name))) {
          const created = asked.filter((one, i) => one.name === name && done[i]);
          const stands = shared.newest(configKeys.connector(name));
          const isLeftTo = asked.some((one, i) => one.name === name && done[i] === null);
          expect(created.length === 1 || (isLeftTo && created.length === 0)).toBe(true);
          const [one] = created;
          expect(stands).toBe(one ? JSON.stringify({ properties: { x: one.x } }) : null);
        }
      }),
      { numRuns: 300 },
    );
  });
});
