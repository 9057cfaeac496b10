import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import { ConnectorSet } from '../../../connectors/worker/connector-set.ts';
import type { TargetState } from '../../../connectors/worker/herder.ts';
import type { StoredConnector } from '../../../connectors/worker/state/config-store.ts';
import { SaidStatus } from '../../../connectors/worker/state/said-status.ts';
import { MemoryStatus } from './memory-status.ts';
import { silent } from './silent-log.ts';

interface World {
  stored: StoredConnector | null;
  /** Runs while a connector is being started. */
  meanwhile(): void;
  tasks: readonly FlatConfig[];
}

const connector = (config: FlatConfig, target: TargetState = 'STARTED'): StoredConnector => ({
  name: 'a',
  config,
  target,
  tasks: [],
});

function connectorSet(world: World, clock = systemClock) {
  const written: string[] = [];
  const status = new MemoryStatus();
  const decided: unknown[] = [];
  const set = new ConnectorSet({
    store: {
      get: () => world.stored,
      change: async (decide) => {
        const { records, result } = decide();
        decided.push(records);
        written.push(...records.map(({ key, value }) => `${key} ${JSON.stringify(value)}`));
        return result;
      },
    },
    said: new SaidStatus({ status, topic: status, workerId: 'w', log: silent }),
    log: silent,
    clock,
    startConnector: async () => {
      world.meanwhile();
      return world.tasks;
    },
    autoRestart: () => null,
    saidOfTasks: () => [],
  });
  return { set, written, decided };
}

test('what a connector is started with late says nothing of tasks once its configuration is another', async () => {
  const world: World = {
    stored: connector({ x: '1' }),
    meanwhile: () => (world.stored = connector({ x: '2' })),
    tasks: [{ x: '1', 'task.id': '0' }],
  };
  const { set, written, decided } = connectorSet(world);
  set.set([world.stored!]);
  await vi.waitFor(() => expect(decided).toHaveLength(1));
  await set.close();
  expect(written).toEqual([]);
});

test('a connector that is stopped while it is started gets no tasks', async () => {
  const world: World = {
    stored: connector({ x: '1' }),
    meanwhile: () => (world.stored = connector({ x: '1' }, 'STOPPED')),
    tasks: [{ 'task.id': '0' }],
  };
  const { set, written, decided } = connectorSet(world);
  set.set([connector({ x: '1' })]);
  await vi.waitFor(() => expect(decided).toHaveLength(1));
  await set.close();
  expect(written).toEqual([]);
});

test('topics that are made later and match get tasks too', async () => {
  const config = { 'topics.regex': 'm\\..*' };
  const world: World = { stored: connector(config), meanwhile: () => {}, tasks: [{ topics: 'm.A.changes' }] };
  let pass = () => {};
  const clock = {
    ...systemClock,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        pass = resolve;
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const { set, written } = connectorSet(world, clock);
  set.set([world.stored!]);
  await vi.waitFor(() => expect(written).toHaveLength(2));
  world.stored = { ...world.stored!, tasks: world.tasks };
  world.tasks = [{ topics: 'm.A.changes,m.B.changes' }];
  pass();
  await vi.waitFor(() => expect(written).toHaveLength(4));
  await set.close();
  expect(written[2]).toBe('task-a-0 {"properties":{"topics":"m.A.changes,m.B.changes"}}');
});
