import { vi } from 'vitest';
import type { FlatConfig } from '../../connectors/config/flat/flat-config.ts';
import type { ConnectorSettings } from '../../connectors/config/settings.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { connectorOf } from '../../connectors/plugins.ts';
import { classOf, siteNamed } from './group-site.ts';
import { clientOf, siteOf } from './site.ts';

/*
 * To be imported right behind fakes.ts: what stands in for a cluster, and for connectors that would look at theirs.
 */

vi.mock(import('../../connectors/worker/base.ts'), async (real) => ({
  ...(await real()),
  kafkaOf: ({ clientId }) => clientOf(siteNamed(clientId)),
}));
vi.mock(import('../../connectors/worker/state/internal-topics.ts'), () => ({
  ensureInternalTopics: (kafka, { slots, ...others }) => {
    const partitions = siteOf(kafka).broker.partitions(slots.topic);
    return Promise.resolve({ ...others, slots: { ...slots, partitions } });
  },
}));
vi.mock(import('../../connectors/worker/connector-start.ts'), () => ({
  startConnector: async (config, _base, { plugins }, { clock, signal }) => {
    if (connectorOf(plugins, classOf(config)) === null) throw new ConnectError('WORKER_CLASS', 'not here');
    await clock.sleep(Number(config['start.ms']), signal);
    const tasks = Number(config['tasks.max']);
    return Array.from({ length: tasks }, (_, task): FlatConfig => ({ ...config, 'task.id': String(task) }));
  },
}));
vi.mock(import('../../connectors/worker/config-scope.ts'), () => ({
  settingsOf: () => {
    const errors = { autoRestart: true, autoRestartDelayMs: 1000, autoRestartDelayMaxMs: 5000 };
    return { errors } as unknown as ConnectorSettings;
  },
}));
