import { vi } from 'vitest';
import type { ConnectorSettings } from '../../connectors/config/settings.ts';
import type { FlatConfig } from '../../connectors/worker/herder.ts';
import { siteNamed } from './group-site.ts';
import { clientOf } from './site.ts';

/*
 * To be imported right behind fakes.ts: what stands in for a cluster, and for connectors that would look at theirs.
 */

vi.mock(import('../../connectors/worker/base.ts'), async (real) => ({
  ...(await real()),
  kafkaOf: ({ clientId }) => clientOf(siteNamed(clientId)),
}));
vi.mock(import('../../connectors/worker/internal-topics.ts'), () => ({
  ensureInternalTopics: (_kafka, topics) => Promise.resolve(topics),
}));
vi.mock(import('../../connectors/worker/connector-start.ts'), () => ({
  startConnector: async (config, _base, _scope, { clock, signal }) => {
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
