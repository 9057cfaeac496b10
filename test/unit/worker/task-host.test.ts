import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectorSettings, WorkerSettings } from '../../../connectors/config/settings.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import { createMetrics } from '../../../connectors/metrics/registry.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import type { ConfigScope } from '../../../connectors/worker/config-scope.ts';
import type { Loggers } from '../../../connectors/worker/loggers.ts';
import { TaskHost } from '../../../connectors/worker/threads/task-host.ts';
import { silent } from './silent-log.ts';

const world = vi.hoisted(() => ({
  /** Partitions of the topics as they are. */
  partitions: 12,
  runs: 0,
  stops: 0,
  fail: (_error: Error) => {},
  released: 0,
  stopsBadly: false,
}));

vi.mock('../../../connectors/worker/config-scope.ts', () => ({
  settingsOf: () =>
    ({
      type: 'source',
      topicPrefix: 'm',
      topicNames: {},
      deadLetters: { topic: '' },
      tables: ['T'],
      partitions: 12,
    }) as never as ConnectorSettings,
}));
vi.mock(import('../../../connectors/worker/worlds.ts'), async (real) => ({
  ...(await real()),
  sourceDefinition: () => ({}) as never,
  sourceWorld: () => ({}) as never,
}));
vi.mock('../../../connectors/runtime/source/generation.ts', () => ({ Generation: class {} }));
vi.mock('../../../connectors/kafka/topics.ts', () => ({
  describeTopics: async (_: unknown, topics: readonly string[]) =>
    new Map(
      topics.map((topic) => [
        topic,
        {
          partitions: world.partitions,
          config: { maxMessageBytes: 1, cleanupPolicy: 'delete', retentionMs: 5 },
        },
      ]),
    ),
}));
vi.mock('../../../connectors/runtime/source/source-task.ts', () => ({
  SourceTask: class {
    halts = new Map();
    #end = () => {};
    run = () => {
      world.runs++;
      return new Promise<void>((resolve) => {
        this.#end = resolve;
      });
    };
    stop() {
      if (++world.stops === 1 && world.stopsBadly) throw new Error('not clean');
      setImmediate(this.#end);
    }
  },
}));

beforeEach(() => {
  Object.assign(world, { partitions: 12, runs: 0, stops: 0, released: 0, stopsBadly: false });
});

const order = (task = 0) => ({ connector: 'c', task, tasks: 2, config: {} });

function newHost(): TaskHost {
  const base = {
    log: silent,
    catalogs: {
      hold: async () => ({
        catalog: {},
        onFault: (listener: (error: Error) => void) => {
          world.fail = listener;
        },
        [Symbol.asyncDispose]: async () => void world.released++,
      }),
    },
  };
  const topics = { configs: {}, offsets: {} };
  return new TaskHost({
    base: base as unknown as WorkerBase,
    settings: { topics, shutdownTimeoutMs: 1000 } as unknown as WorkerSettings,
    scope: { plugins: {} } as unknown as ConfigScope,
    workerId: 'w',
    loggers: { logger: () => silent } as unknown as Loggers,
    metrics: createMetrics().metrics,
  });
}

const failure = (host: TaskHost) => host.errors('c-0').get('');

describe('a source task', () => {
  test('runs where its topics have as many partitions as it is configured with, whatever else has changed of them', async () => {
    await using host = newHost();
    host.start(order());
    await vi.waitFor(() => expect(world.runs).toBe(1));
    expect(failure(host)).toBeUndefined();
  });

  test('does not run where they have another number: keys would go elsewhere (rule C4)', async () => {
    world.partitions = 6;
    await using host = newHost();
    host.start(order());
    await vi.waitFor(() => expect(failure(host)).toMatchObject({ code: 'KAFKA_TOPIC_PARTITIONS' }));
    expect(failure(host)?.message).toContain('m.T.snapshot');
    expect(world.runs).toBe(0);
  });
});

describe('a task whose catalog cannot be read any more', () => {
  test('fails, stops, and may begin anew by itself', async () => {
    await using host = newHost();
    host.start(order());
    await vi.waitFor(() => expect(world.runs).toBe(1));
    world.fail(new KafkaError('TOPIC_AUTHORIZATION_FAILED', 'fetching "m.catalog"'));
    expect(failure(host)).toMatchObject({ remedy: 'retry', detail: { kafka: 'TOPIC_AUTHORIZATION_FAILED' } });
    expect(world.stops).toBe(1);
    await host.stop('c-0');
    expect([world.stops, world.released]).toEqual([1, 1]);
    host.start(order());
    await vi.waitFor(() => expect(world.runs).toBe(2));
    expect(failure(host)).toBeUndefined();
  });

  test('that was stopped before does not fail', async () => {
    await using host = newHost();
    host.start(order());
    await vi.waitFor(() => expect(world.runs).toBe(1));
    await host.stop('c-0');
    world.fail(new KafkaError('TOPIC_AUTHORIZATION_FAILED', 'fetching "m.catalog"'));
    expect([failure(host), world.stops]).toEqual([undefined, 1]);
  });
});

test('a task that does not stop cleanly keeps no other from it, and no catalog from being released', async () => {
  const host = newHost();
  host.start(order(0));
  host.start(order(1));
  await vi.waitFor(() => expect(world.runs).toBe(2));
  world.stopsBadly = true;
  await expect(host[Symbol.asyncDispose]()).rejects.toThrow('not clean');
  expect([world.stops, world.released]).toEqual([2, 2]);
});
