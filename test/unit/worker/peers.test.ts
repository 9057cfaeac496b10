import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { type About, Peers } from '../../../connectors/worker/group/peers.ts';
import type { TwinWatch } from '../../../connectors/worker/group/twin-watch.ts';

const groups = vi.hoisted(() => ({ abouts: new Map<string, (object | null)[]>(), isAway: false }));

vi.mock('../../../connectors/kafka/committed.ts', () => ({
  describeGroup: async (_client: unknown, group: string) => {
    if (groups.isAway) throw new Error('away');
    return { state: 'Stable', members: (groups.abouts.get(group) ?? []).map((about) => ({ about })) };
  },
}));

const about = (workerId: string, classes: object, instance = workerId) => ({
  workerId,
  url: `http://${workerId}`,
  instance,
  classes,
});
const self = about('me:1', { ModelSource: 'source' }) as About;
let twins: (readonly string[])[];

beforeEach(() => {
  groups.isAway = false;
  twins = [];
  groups.abouts = new Map([
    ['g', [self, about('a:1', { TheirSource: 'source' })]],
    [
      'g-sinks',
      [about('b:1', { 'org.theirs.BestSinkConnector': 'sink' }), about('a:1', { TheirSource: 'source' })],
    ],
  ]);
});

const subject = () => {
  const watch = { seen: (instances: readonly string[]) => twins.push(instances) } as unknown as TwinWatch;
  return new Peers({} as KafkaClient, ['g', 'g-sinks'], self, watch);
};

describe('the other workers of a group', () => {
  test('are those of both kinds, each once, without this one', async () => {
    const peers = subject();
    expect(peers.others).toEqual([]);
    await peers.look();
    expect(peers.others).toEqual([
      { workerId: 'a:1', url: 'http://a:1', classes: { TheirSource: 'source' } },
      { workerId: 'b:1', url: 'http://b:1', classes: { 'org.theirs.BestSinkConnector': 'sink' } },
    ]);
  });

  test('are not those that say nothing of themselves, or something else', async () => {
    groups.abouts.set('g', [
      null,
      {},
      { workerId: 7, url: 'u', instance: 'i', classes: {} },
      { workerId: 'x', url: 'u', classes: {} },
      { workerId: 'x', url: 'u', instance: 'i', classes: null },
    ]);
    const peers = subject();
    await peers.look();
    expect(peers.others.map(({ workerId }) => workerId)).toEqual(['b:1', 'a:1']);
    expect(peers.typeOf('Nothing')).toBeNull();
  });

  test('tell what a class is, also by its short names, and of classes of this worker too', async () => {
    const peers = subject();
    await peers.look();
    const types = [
      'BestSink',
      'org.theirs.BestSinkConnector',
      'TheirSourceConnector',
      'ModelSource',
      'Other',
    ];
    expect(types.map((name) => peers.typeOf(name))).toEqual(['sink', 'sink', 'source', 'source', null]);
  });

  test('are told of by each look that succeeds, and tell which kinds of workers there are', async () => {
    let looks = 0;
    const watch = { seen: () => {} } as unknown as TwinWatch;
    const peers = new Peers({} as KafkaClient, ['g', 'g-sinks'], self, watch, () => looks++);
    expect(peers.has('sink')).toBe(false);
    await peers.look();
    groups.isAway = true;
    await peers.look().catch(() => {});
    expect([looks, peers.has('sink'), peers.has('source')]).toEqual([1, true, true]);
  });

  test('are watched for those that give the address of this one, but are not it', async () => {
    const peers = subject();
    await peers.look();
    groups.abouts.set('g-sinks', [self, about('me:1', {}, 'another')]);
    await peers.look();
    expect(twins).toEqual([[], ['another']]);
    expect(peers.others.map(({ workerId }) => workerId)).toEqual(['a:1']);
  });

  test('are who they were while the coordinator is away', async () => {
    const peers = subject();
    await peers.look();
    groups.isAway = true;
    await expect(peers.look()).rejects.toThrow('away');
    expect(peers.others).toHaveLength(2);
  });

  test('are looked for by itself once it is started, and no more when it is closed', async () => {
    const peers = subject();
    peers.start();
    await vi.waitFor(() => expect(peers.others).toHaveLength(2));
    await peers.close();
  });
});
