import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectorPlugin } from '../../../connectors/plugins.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import type { StoredConnector } from '../../../connectors/worker/state/config-store.ts';
import { StatusView, topicStatusKey } from '../../../connectors/worker/status-view.ts';
import { TopicTracking } from '../../../connectors/worker/topic-tracking.ts';
import { MemoryStatus } from './memory-status.ts';
import { silent } from './silent-log.ts';

/** By topic: how many records it has. */
const ends = vi.hoisted(() => new Map<string, number>());

vi.mock('../../../connectors/kafka/topics.ts', () => ({
  describeTopics: async (_client: unknown, names: readonly string[]) =>
    new Map(names.map((name) => [name, ends.has(name) ? {} : null])),
}));
vi.mock('../../../connectors/kafka/offsets.ts', () => ({
  endOffsets: async (_client: unknown, topic: string) => [ends.get(topic) ?? 0, 0],
}));
vi.mock('../../../connectors/kafka/committed.ts', () => ({
  fetchCommitted: async (_client: unknown, _group: string, topics: readonly string[]) =>
    new Map(
      topics.map((topic) => [topic, new Map([[0, { offset: ends.get(topic) ?? null, metadata: '' }]])]),
    ),
}));

let status: MemoryStatus;
beforeEach(() => {
  vi.useFakeTimers();
  ends.clear();
  status = new MemoryStatus();
});
afterEach(() => {
  vi.useRealTimers();
});

const connectorOf = (task: Readonly<Record<string, string>>): StoredConnector => {
  return { name: 'c', config: {}, target: 'STARTED', tasks: [{ 'topic.prefix': 'p', ...task }] };
};

const noPlugins = { transforms: [], predicates: [], converters: [] };
const source = (kind: string) =>
  ({ type: 'source', plugin: { name: kind, kind } }) as unknown as ConnectorPlugin;

function tracking(connector: StoredConnector, enabled = true) {
  const base = { kafka: {}, statusWriter: status, log: silent } as unknown as WorkerBase;
  const plugins = { ...noPlugins, connectors: ['snapshot', 'changes'].map(source) };
  const scope = { plugins, valueConverter: 'AvroConverter', sources: { env: {}, folder: '' } };
  const topics = new TopicTracking(base, new StatusView(status), enabled, scope);
  topics.set([connector]);
  topics.start();
  return { look: () => vi.advanceTimersByTimeAsync(2500), [Symbol.asyncDispose]: () => topics.close() };
}

const used = () => [...new StatusView(status).topics('c').keys()].sort();

describe('the topics that a connector has used', () => {
  test('are those of a source that hold something, each told once', async () => {
    ends.set('p.T.snapshot', 5).set('p.T.changes', 0);
    await using tracked = tracking(connectorOf({ tables: 'T,U', 'connector.class': 'changes' }));
    await tracked.look();
    expect(used()).toEqual([]);
    ends.set('p.T.changes', 1);
    await tracked.look();
    await tracked.look();
    expect(used()).toEqual(['p.T.changes']);
    expect(status.history).toHaveLength(1);
    const told = JSON.parse(status.get(topicStatusKey('p.T.changes', 'c')) ?? '') as object;
    const topic = { name: 'p.T.changes', connector: 'c', task: 0, discoverTimestamp: expect.any(Number) };
    expect(told).toEqual({ topic });
  });

  test('are those of rows, where it publishes rows', async () => {
    ends.set('p.T.snapshot', 5).set('p.T.changes', 3);
    await using tracked = tracking(connectorOf({ tables: 'T', 'connector.class': 'snapshot' }));
    await tracked.look();
    expect(used()).toEqual(['p.T.snapshot']);
  });

  test('are those of a sink that it has read from', async () => {
    ends.set('p.T.changes', 3);
    await using tracked = tracking(connectorOf({ topics: 'p.T.snapshot,p.T.changes' }));
    await tracked.look();
    expect(used()).toEqual(['p.T.changes']);
  });

  test('count again after a reset only once more of them is used', async () => {
    ends.set('p.T.changes', 3);
    await using tracked = tracking(connectorOf({ tables: 'T' }));
    await tracked.look();
    status.values.clear();
    await tracked.look();
    expect(used()).toEqual([]);
    ends.set('p.T.changes', 4);
    await tracked.look();
    expect(used()).toEqual(['p.T.changes']);
  });

  test.each([
    ['of a connector without tasks', true, { ...connectorOf({}), tasks: [] }],
    ['where nobody wants to know', false, connectorOf({ tables: 'T' })],
  ])('are not told %s', async (_, enabled, connector) => {
    ends.set('p.T.changes', 3);
    await using tracked = tracking(connector, enabled);
    await tracked.look();
    expect(used()).toEqual([]);
  });
});
