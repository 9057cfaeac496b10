import { systemClock } from '../../../connectors/clock.ts';
import type { WorkerSettings } from '../../../connectors/config/settings.ts';
import type { ConnectorType, State } from '../../../connectors/connector-state.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import type { ConfigScope } from '../../../connectors/worker/config-scope.ts';
import type { Peers } from '../../../connectors/worker/group/peers.ts';
import { GroupHerder } from '../../../connectors/worker/group-herder.ts';
import type { Peer } from '../../../connectors/worker/herder.ts';
import { ConfigStore } from '../../../connectors/worker/state/config-store.ts';
import { StatusView } from '../../../connectors/worker/status-view.ts';
import { MemoryStatus } from './memory-status.ts';
import { LogView, SharedLog } from './shared-log.ts';

const scope = {
  plugins: {
    connectors: [
      { type: 'source', plugin: { name: 'ModelSource' } },
      { type: 'sink', plugin: { name: 'ModelSink' } },
    ],
  },
} as unknown as ConfigScope;

export interface HerderOver {
  readonly topicTracking?: boolean;
  readonly topicTrackingReset?: boolean;
  readonly groupId?: string;
}

/** A herder over topics in memory; nobody runs anything. To be used where kafka/producer.ts is `shared-log.ts`'s. */
export function herderWorld({
  topicTracking = true,
  topicTrackingReset = true,
  groupId = 'g',
}: HerderOver = {}) {
  const configs = new SharedLog();
  const view = new LogView(configs);
  const status = new MemoryStatus();
  const store = new ConfigStore(
    configs as unknown as KafkaClient,
    view as unknown as KeyedLog,
    'g',
    systemClock,
  );
  const peers = { others: [] as Peer[], isAway: false, classes: new Map<string, ConnectorType>() };
  const herder = new GroupHerder(scope);
  let isHealthy = true;
  const ready = () =>
    herder.ready({
      workerId: 'w:8083',
      settings: { groupId, topics: { offsets: {} }, topicTracking, topicTrackingReset } as WorkerSettings,
      base: { status, statusWriter: status, configs: view } as unknown as WorkerBase,
      store,
      status: new StatusView(status),
      peers: {
        look: async () => {
          if (peers.isAway) throw new Error('away');
        },
        get others() {
          return peers.others;
        },
        typeOf: (name: string) => peers.classes.get(name) ?? null,
      } as unknown as Peers,
      kafkaClusterId: 'k1',
      healthy: () => isHealthy,
    });
  return {
    ...{ configs, status, store, peers, herder, ready },
    fail: () => {
      isHealthy = false;
    },
    /** Its tasks, as the worker that has it would say. */
    tasks: async (name: string, states: readonly State[]) => {
      states.forEach((state, task) => {
        configs.write(`task-${name}-${task}`, { properties: { 'task.id': String(task) } });
        status.another(`status-task-${name}-${task}`, state, 'other:8083');
      });
      configs.write(`commit-${name}`, { tasks: states.length });
      await store.readToEnd();
    },
  };
}
