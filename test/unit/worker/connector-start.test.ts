import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import type { SinkSettings, SourceSettings } from '../../../connectors/config/settings.ts';
import type { Problem } from '../../../connectors/connector.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import type { TopicDescription, TopicSpec } from '../../../connectors/kafka/topics.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import type { ConfigScope } from '../../../connectors/worker/config-scope.ts';
import { startConnector } from '../../../connectors/worker/connector-start.ts';
import { JumpingClock } from '../sink/jumping-clock.ts';
import { silent } from './silent-log.ts';

const kafka = vi.hoisted(() => ({
  topics: new Map<string, TopicDescription>(),
  made: [] as TopicSpec[],
  settings: null as unknown,
}));

vi.mock('../../../connectors/kafka/topics.ts', () => ({
  listTopics: async () => [...kafka.topics.keys()],
  describeTopics: async (_client: unknown, names: readonly string[]) =>
    new Map(names.map((name) => [name, kafka.topics.get(name) ?? null])),
  ensureTopics: async (_client: unknown, specs: readonly TopicSpec[]) => {
    kafka.made.push(...specs);
  },
}));
vi.mock('../../../connectors/worker/config-scope.ts', () => ({ settingsOf: () => kafka.settings }));

const asked: string[][] = [];
let problems: Problem[];
let clock: JumpingClock;
beforeEach(() => {
  Object.assign(kafka, { topics: new Map(), made: [] });
  asked.length = 0;
  problems = [];
  clock = new JumpingClock();
});

const common = {
  name: 'c',
  tasks: 2,
  topicPrefix: 'p',
  topicNames: {},
  deadLetters: { topic: 'd' },
  options: {},
};

function source(over: object = {}, plugin: object = {}) {
  const check = async (_options: unknown, tables: readonly string[]) => {
    asked.push([...tables]);
    return problems;
  };
  const settings = {
    type: 'source',
    tables: ['T', 'U'],
    partitions: 4,
    replicationFactor: null,
    ...common,
    ...over,
  };
  kafka.settings = { ...settings, plugin: { name: 'ModelSource', kind: 'snapshot', check, ...plugin } };
  return kafka.settings as SourceSettings;
}

function sink(topics: readonly string[] | RegExp) {
  kafka.settings = { type: 'sink', topics, plugin: { name: 'ModelSink' }, ...common };
  return kafka.settings as SinkSettings;
}

/**
 * @param begun tables whose snapshot was begun.
 * @param wanted number of the epoch that each table should be in; it is in the first.
 */
function start(
  config: FlatConfig = {},
  begun: readonly string[] | null = null,
  signal = new AbortController().signal,
  wanted = 1,
) {
  const chainOf = (table: string) => (begun?.includes(table) ? [{ facts: { id: `of ${table}` } }] : []);
  const catalog = begun && {
    catalog: {
      readToEnd: async () => {},
      table: () => ({ epoch: { number: 1 } }),
      currentChain: chainOf,
      currentSnapshot: (table: string) => chainOf(table)[0] ?? null,
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const configs = { get: () => (wanted === 1 ? null : JSON.stringify({ epoch: wanted })) };
  const offsetsOf = () => ({ get: () => null });
  const base = {
    kafka: {},
    configs,
    offsetsOf,
    catalogs: { hold: async () => catalog },
  } as unknown as WorkerBase;
  return startConnector(config, base, {} as ConfigScope, { log: silent, clock, signal });
}

describe('a source', () => {
  test('makes the topics of its tables, and has tasks with placeholders as they are', async () => {
    source();
    const tasks = await start({ tables: '${env:TABLES}', password: '${env:PASSWORD}' });
    const common = { tables: 'T,U', password: '${env:PASSWORD}', 'task.class': 'ModelSourceTask' };
    expect(tasks).toEqual([
      { ...common, 'task.id': '0' },
      { ...common, 'task.id': '1' },
    ]);
    expect(kafka.made.map(({ topic, partitions }) => `${topic} ${partitions}`)).toEqual([
      'p.catalog 1',
      'p.T.snapshot 4',
      'p.T.changes 4',
      'p.U.snapshot 4',
      'p.U.changes 4',
    ]);
    expect(kafka.made[0]?.config['cleanup.policy']).toBe('compact');
    expect(kafka.made[1]?.config).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '-1' });
  });

  test('reads tables that its plugin finds for globs', async () => {
    source({ tables: ['orders-*'] }, { tables: async () => ['orders-1', 'orders-2'] });
    expect((await start())[0]?.['tables']).toBe('orders-1,orders-2');
  });

  test('that knows no globs refuses them', async () => {
    source({ tables: ['orders-*'] });
    const refusal = { code: 'WORKER_CONFIG', message: expect.stringContaining('orders-* is one') };
    await expect(start()).rejects.toMatchObject(refusal);
  });

  test('asks nothing of a snapshot that stands in the topics, and always of changes', async () => {
    source();
    await start({}, ['T']);
    source({}, { kind: 'changes' });
    await start({}, ['T']);
    expect(asked).toEqual([['U'], ['T', 'U']]);
  });

  test('is not started with another snapshot than the one that was begun, unless an epoch is due that takes its own', async () => {
    const changed = (_options: unknown, table: string, [full]: readonly { id: string }[]) =>
      new ConnectError('EXPORT_CHANGED', `${table}: it was ${full?.id}`);
    source({}, { changed });
    const refusal = { code: 'EXPORT_CHANGED', message: 'T: it was of T' };
    await expect(start({}, ['T'])).rejects.toMatchObject(refusal);
    expect(kafka.made).toEqual([]);
    await start({}, []);
    await start({}, ['T'], undefined, 2);
    source({}, { changed: () => null });
    await start({}, ['T']);
  });

  test('that finds something wrong says all of it, and makes no topic', async () => {
    source();
    problems = [
      { table: 'T', error: new ConnectError('SOURCE_TABLE_MISSING', 'no T') },
      { table: 'U', error: new ConnectError('SOURCE_PITR_OFF', 'no PITR of U') },
    ];
    const message = expect.stringMatching(
      /^2 problems\n {2}SOURCE_TABLE_MISSING: no T → .*\n {2}SOURCE_PITR_OFF: no PITR of U → /,
    );
    await expect(start()).rejects.toMatchObject({ code: 'SOURCE_TABLE_MISSING', message });
    problems.pop();
    await expect(start()).rejects.toMatchObject({ code: 'SOURCE_TABLE_MISSING', message: 'no T' });
    expect(kafka.made).toEqual([]);
  });

  test('refuses topics that are there otherwise (rule C4)', async () => {
    source();
    const config = { cleanupPolicy: 'delete', retentionMs: -1, maxMessageBytes: 8 << 20 };
    kafka.topics.set('p.U.changes', { partitions: 3, config } as unknown as TopicDescription);
    const refusal = { code: 'KAFKA_TOPIC_PARTITIONS', message: expect.stringContaining('p.U.changes has 3') };
    await expect(start()).rejects.toMatchObject(refusal);
    expect(kafka.made).toEqual([]);
  });
});

describe('a sink', () => {
  test('has the topics that it names, there or not', async () => {
    sink(['p.T.snapshot', 'p.T.changes']);
    expect((await start())[1]).toEqual({
      topics: 'p.T.snapshot,p.T.changes',
      'task.class': 'ModelSinkTask',
      'task.id': '1',
    });
  });

  test('waits for topics that match, and has both of each table', async () => {
    sink(/^p\.(T|U)\..*$/u);
    kafka.topics.set('q.T.changes', {} as TopicDescription);
    const starting = start({ 'topics.regex': 'p\\..*' });
    await clock.sleep(5000);
    kafka.topics.set('p.T.changes', {} as TopicDescription);
    const [task] = await starting;
    expect(task?.['topics']).toBe('p.T.snapshot,p.T.changes');
    expect(task).not.toHaveProperty('topics.regex');
  });

  test('that is given up stops waiting', async () => {
    sink(/^p\..*$/u);
    const stopping = new AbortController();
    const starting = start({}, null, stopping.signal);
    const ended = expect(starting).rejects.toThrow('stopping');
    await clock.sleep(3000);
    stopping.abort(new Error('stopping'));
    await ended;
  });
});
