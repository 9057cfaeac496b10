import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Herder } from '../../../connectors/worker/herder.ts';
import type { RestartWish } from '../../../connectors/worker/state/config-records.ts';
import { topicStatusKey } from '../../../connectors/worker/status-view.ts';
import { herderWorld } from './herder-world.ts';

vi.mock('../../../connectors/kafka/producer.ts', async () => ({
  TransactionalProducer: (await import('./shared-log.ts')).LogProducer,
}));
vi.mock('../../../connectors/worker/offsets/connector-offsets.ts', () => ({
  offsetsOf: async ({ type }: { type: string }) => [{ partition: { type }, offset: {} }],
  alterOffsets: async () => 'altered',
  resetOffsets: async () => 'reset',
}));

let world: ReturnType<typeof herderWorld>;
beforeEach(async () => {
  world = herderWorld();
  world.ready();
  await world.herder.create('c', { 'connector.class': 'ModelSource', name: 'c', x: '1' }, 'RUNNING');
  world.status.another('status-connector-c', 'RUNNING', 'w:8083');
});

const wishes = () => {
  const heard: RestartWish[] = [];
  world.store.onRestart((wish) => heard.push(wish));
  return heard;
};

describe('a connector', () => {
  test('is what was stored, of the type of its class', () => {
    expect(world.herder.connectors()).toEqual(['c']);
    expect(world.herder.info('c')).toEqual({
      name: 'c',
      config: { 'connector.class': 'ModelSource', name: 'c', x: '1' },
      tasks: [],
      type: 'source',
    });
  });

  test('of a class that only another worker has is of the type that it says, else unknown', async () => {
    const info = await world.herder.create('d', { 'connector.class': 'Theirs' }, 'RUNNING');
    expect([info.type, info.config['name']]).toEqual(['unknown', 'd']);
    world.peers.classes.set('Theirs', 'sink');
    expect(world.herder.info('d').type).toBe('sink');
  });

  test('exists once: the second gets 409, and changes nothing', async () => {
    const again = world.herder.create('c', { x: '2' }, 'RUNNING');
    await expect(again).rejects.toMatchObject({ status: 409, message: 'Connector c already exists' });
    expect(world.herder.info('c').config['x']).toBe('1');
  });

  test.each([
    ['RUNNING', 'STARTED'],
    ['PAUSED', 'PAUSED'],
    ['STOPPED', 'STOPPED'],
  ] as const)('that is made %s is to be %s', async (initial, target) => {
    await world.herder.create('d', {}, initial);
    expect(world.store.get('d')?.target).toBe(target);
  });

  test('is put in place or changed, and keeps the state that somebody gave it', async () => {
    expect(await world.herder.putConfig('d', { x: '1' })).toMatchObject({ created: true });
    await world.herder.setTargetState('d', 'PAUSED');
    const { created, info } = await world.herder.putConfig('d', { x: '2' });
    expect([created, info.config, world.store.get('d')?.target]).toEqual([
      false,
      { x: '2', name: 'd' },
      'PAUSED',
    ]);
  });

  test('is patched key by key; null takes one away, the name stays', async () => {
    const info = await world.herder.patchConfig('c', { x: null, y: '2', name: null });
    expect(info.config).toEqual({ 'connector.class': 'ModelSource', name: 'c', y: '2' });
  });

  test('is given a state once: the same again writes nothing', async () => {
    await world.herder.setTargetState('c', 'PAUSED');
    const { length } = world.configs.entries;
    await world.herder.setTargetState('c', 'PAUSED');
    expect(world.configs.entries).toHaveLength(length);
  });

  test('is deleted with its tasks, and with all that was said of it, by whomever', async () => {
    await world.tasks('c', ['RUNNING', 'FAILED']);
    world.status.values.set(topicStatusKey('p.T.changes', 'c'), '{}');
    world.status.another('status-task-cc-0', 'RUNNING', 'other:8083');
    await world.herder.delete('c');
    const names = ['connector-c', 'target-state-c', 'task-c-0', 'task-c-1', 'commit-c'];
    expect(names.map((key) => world.configs.newest(key))).toEqual(names.map(() => null));
    expect([...world.status.values.keys()]).toEqual(['status-task-cc-0']);
    expect(world.herder.connectors()).toEqual([]);
  });

  test('that is a sink may not have a name whose group is that of the workers', async () => {
    const other = herderWorld({ groupId: 'connect-s' });
    other.ready();
    const sink = { 'connector.class': 'ModelSink' };
    const refusal = { status: 400, message: expect.stringContaining('connect-s: give it another name') };
    await expect(other.herder.create('s', sink, 'RUNNING')).rejects.toMatchObject(refusal);
    await expect(other.herder.putConfig('s-sinks', sink)).rejects.toMatchObject({ status: 400 });
    expect(other.herder.connectors()).toEqual([]);
    expect((await other.herder.create('s', { 'connector.class': 'ModelSource' }, 'RUNNING')).type).toBe(
      'source',
    );
  });
});

describe('what is not there', () => {
  const asked: readonly (readonly [string, (herder: Herder) => unknown])[] = [
    ['info', (herder) => herder.info('x')],
    ['tasks', (herder) => herder.tasks('x')],
    ['patchConfig', (herder) => herder.patchConfig('x', {})],
    ['delete', (herder) => herder.delete('x')],
    ['setTargetState', (herder) => herder.setTargetState('x', 'PAUSED')],
    ['restartTask', (herder) => herder.restartTask('x', 0)],
    ['activeTopics', (herder) => herder.activeTopics('x')],
    ['resetActiveTopics', (herder) => herder.resetActiveTopics('x')],
    ['offsets', (herder) => herder.offsets('x')],
    ['alterOffsets', (herder) => herder.alterOffsets('x', [])],
    ['resetOffsets', (herder) => herder.resetOffsets('x')],
  ];
  test.each(asked)('is a 404 for %s', async (_, ask) => {
    const answered = (async () => ask(world.herder))();
    await expect(answered).rejects.toMatchObject({ status: 404, message: 'Connector x not found' });
  });

  test('is a 404 for the status of a connector, also of one that nobody has spoken of yet', async () => {
    const missing = (name: string) => ({ status: 404, message: `No status found for connector ${name}` });
    await world.herder.create('d', {}, 'RUNNING');
    for (const name of ['x', 'd']) {
      await expect((async () => world.herder.status(name))()).rejects.toMatchObject(missing(name));
      const restarted = world.herder.restart(name, { includeTasks: true, onlyFailed: false });
      await expect(restarted).rejects.toMatchObject(missing(name));
    }
  });

  test('is a 404 for a task that the connector has not', async () => {
    await world.tasks('c', ['RUNNING']);
    await expect(world.herder.restartTask('c', 1)).rejects.toMatchObject({
      status: 404,
      message: 'Unknown task: c-1',
    });
  });

  test('is a 503 for everything before the topics are read', () => {
    const { herder } = herderWorld();
    expect(() => herder.connectors()).toThrow(expect.objectContaining({ status: 503 }));
    expect(herder.health()).toBe('starting');
  });
});

describe('the status', () => {
  test('has each task that somebody has spoken of', async () => {
    await world.tasks('c', ['RUNNING', 'PAUSED']);
    world.status.values.delete('status-task-c-0');
    expect(world.herder.status('c')).toEqual({
      name: 'c',
      connector: { state: 'RUNNING', worker_id: 'w:8083' },
      tasks: [{ id: 1, state: 'PAUSED', worker_id: 'other:8083' }],
      type: 'source',
    });
  });

  test('of the worker is healthy until it has failed for good', () => {
    expect(world.herder.health()).toBe('healthy');
    world.fail();
    expect(world.herder.health()).toBe('unhealthy');
    expect([world.herder.workerId, world.herder.kafkaClusterId]).toEqual(['w:8083', 'k1']);
  });
});

describe('a restart', () => {
  const states = (name = 'c') => {
    const { connector, tasks } = world.herder.status(name);
    return [connector.state, ...tasks.map(({ state }) => state)];
  };

  test.each([
    [false, false, ['RESTARTING', 'FAILED', 'RUNNING']],
    [true, false, ['RESTARTING', 'RESTARTING', 'RESTARTING']],
    [true, true, ['RUNNING', 'RESTARTING', 'RUNNING']],
    [false, true, ['RUNNING', 'FAILED', 'RUNNING']],
  ])(
    'with includeTasks=%s onlyFailed=%s says what restarts, and asks for it',
    async (includeTasks, onlyFailed, expected) => {
      await world.tasks('c', ['FAILED', 'RUNNING']);
      const heard = wishes();
      const answer = await world.herder.restart('c', { includeTasks, onlyFailed });
      const said = answer && [answer.connector.state, ...answer.tasks.map(({ state }) => state)];
      expect(said).toEqual(expected);
      expect(states()).toEqual(expected);
      expect(heard).toEqual([{ name: 'c', task: null, includeTasks, onlyFailed }]);
      expect(answer?.tasks.map(({ worker_id }) => worker_id)).toEqual(['other:8083', 'other:8083']);
    },
  );

  test('of a failed connector alone is one too', async () => {
    world.status.another('status-connector-c', 'FAILED', 'w:8083');
    await world.herder.restart('c', { includeTasks: false, onlyFailed: true });
    expect(states()).toEqual(['RESTARTING']);
  });

  test('of a connector that nobody has spoken of yet is asked for, unless it depends on states', async () => {
    world.status.values.delete('status-connector-c');
    const heard = wishes();
    const request = { includeTasks: false, onlyFailed: false };
    expect(await world.herder.restart('c', request)).toBeNull();
    expect(heard).toEqual([{ name: 'c', task: null, ...request }]);
    for (const key of ['includeTasks', 'onlyFailed']) {
      const asked = world.herder.restart('c', { ...request, [key]: true });
      await expect(asked).rejects.toMatchObject({ status: 404, message: 'No status found for connector c' });
    }
    await expect(world.herder.restart('none', request)).rejects.toMatchObject({ status: 404 });
    expect(heard).toHaveLength(1);
  });

  test('of one task is said of it alone', async () => {
    await world.tasks('c', ['RUNNING', 'RUNNING']);
    const heard = wishes();
    await world.herder.restartTask('c', 1);
    expect(states()).toEqual(['RUNNING', 'RUNNING', 'RESTARTING']);
    expect(heard).toEqual([{ name: 'c', task: 1, includeTasks: false, onlyFailed: false }]);
  });
});

describe('topics that a connector has used', () => {
  test('are shown in order, and forgotten on a wish', async () => {
    for (const topic of ['b', 'a']) world.status.values.set(topicStatusKey(topic, 'c'), '{}');
    expect(world.herder.activeTopics('c')).toEqual(['a', 'b']);
    await world.herder.resetActiveTopics('c');
    expect(world.herder.activeTopics('c')).toEqual([]);
  });

  test.each([
    [{ topicTracking: false, topicTrackingReset: true }, 'Topic tracking is disabled.'],
    [{ topicTracking: true, topicTrackingReset: false }, 'Topic tracking reset is disabled.'],
  ])('are not forgotten with %j: 403', async (over, message) => {
    const other = herderWorld(over);
    other.ready();
    await other.herder.create('c', {}, 'RUNNING');
    await expect(other.herder.resetActiveTopics('c')).rejects.toMatchObject({ status: 403, message });
    expect(other.herder.activeTopics('c')).toEqual(over.topicTracking ? [] : null);
    // Also of a connector that is not there, as in Kafka Connect.
    await expect(other.herder.resetActiveTopics('none')).rejects.toMatchObject({ status: 403 });
  });

  test('are not tracked, whether the connector is there or not', () => {
    const other = herderWorld({ topicTracking: false });
    other.ready();
    expect(other.herder.activeTopics('none')).toBeNull();
  });
});

describe('offsets', () => {
  test('are shown at any time, and changed only once the connector is stopped', async () => {
    await world.tasks('c', ['RUNNING']);
    expect(await world.herder.offsets('c')).toEqual([{ partition: { type: 'source' }, offset: {} }]);
    for (const state of ['STARTED', 'PAUSED'] as const) {
      await world.herder.setTargetState('c', state);
      const refusal = { status: 400, message: expect.stringContaining('must be in the STOPPED state') };
      await expect(world.herder.alterOffsets('c', [])).rejects.toMatchObject(refusal);
      await expect(world.herder.resetOffsets('c')).rejects.toMatchObject(refusal);
    }
    await world.herder.setTargetState('c', 'STOPPED');
    expect(await world.herder.alterOffsets('c', [])).toBe('altered');
    expect(await world.herder.resetOffsets('c')).toBe('reset');
  });

  test('of a class that no worker knows are nobody knows where', async () => {
    await world.herder.create('d', { 'connector.class': 'Theirs' }, 'RUNNING');
    const asked = world.herder.offsets('d');
    await expect(asked).rejects.toMatchObject({ status: 500, message: expect.stringContaining('Theirs') });
  });
});

describe('the group', () => {
  test('is who was there when it was last known, while the coordinator is away', async () => {
    world.peers.others = [{ workerId: 'o', url: 'http://o', classes: {} }];
    world.peers.isAway = true;
    expect(await world.herder.peers()).toEqual(world.peers.others);
  });

  test('hears of a level of a logger through the configs topic', async () => {
    await world.herder.setClusterLogLevel('a.b', 'DEBUG');
    expect(world.configs.newest('logger-cluster-a.b')).toBe('{"level":"DEBUG"}');
  });
});
