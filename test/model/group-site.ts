import type { FlatConfig } from '../../connectors/config/flat/flat-config.ts';
import type { WorkerSettings } from '../../connectors/config/settings.ts';
import type { ConnectorType } from '../../connectors/connector-state.ts';
import type { ConfigScope } from '../../connectors/worker/config-scope.ts';
import type { Site } from './site.ts';

export const GROUP = 'g';
/** Partitions of each source's table. */
export const SOURCE_PARTITIONS = ['p0', 'p1', 'p2', 'p3', 'p4'];
export const DATA_TOPIC = 'data';
export const LANES_TOPIC = 'lanes';
export const LANES = 3;

const internal = (name: string, partitions: number) => ({
  topic: `${GROUP}-${name}`,
  partitions,
  replicationFactor: null,
});

export const topics = {
  configs: internal('configs', 1),
  offsets: internal('offsets', 2),
  status: internal('status', 2),
  slots: internal('slots', 16),
};

const sites = new Map<string, Site>();

/** As much of a worker's settings as it looks at; its client id leads to the site that it stands at. */
export function settingsAt(site: Site): WorkerSettings {
  const clientId = site.process.name;
  sites.set(clientId, site);
  const timeouts = { sessionTimeoutMs: 10_000, heartbeatIntervalMs: 3000, rebalanceTimeoutMs: 60_000 };
  const settings = {
    bootstrapServers: ['broker'],
    groupId: GROUP,
    clientId,
    topics,
    topicTracking: false,
    shutdownTimeoutMs: 5000,
    ...timeouts,
  };
  return settings as unknown as WorkerSettings;
}

export function siteNamed(clientId: string): Site {
  return sites.get(clientId)!;
}

/** Classes of a group's connectors. A worker that has not all of them cannot run the others. */
export const CLASSES: Readonly<Record<string, ConnectorType>> = {
  ModelSource: 'source',
  OtherSource: 'source',
  ModelSink: 'sink',
  OtherSink: 'sink',
};

export const classOf = (config: FlatConfig): string => config['connector.class'] ?? '';

export const isSource = (config: FlatConfig): boolean => CLASSES[classOf(config)] === 'source';

/** What a worker that has these classes reads configurations with. */
export function scopeOf(classes: readonly string[]): ConfigScope {
  const connectors = classes.map((name) => ({ type: CLASSES[name], plugin: { name } }));
  return { plugins: { connectors } } as unknown as ConfigScope;
}
