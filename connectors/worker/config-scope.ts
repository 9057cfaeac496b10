import { readConnector } from '../config/connector-settings.ts';
import type { FlatConfig } from '../config/flat/flat-config.ts';
import type { PlaceholderSources } from '../config/placeholders.ts';
import { resolveConnector } from '../config/resolve.ts';
import type { ConnectorSettings } from '../config/settings.ts';
import { ConnectError } from '../errors.ts';
import { connectorOf, type Plugins } from '../plugins.ts';

/** What a worker reads configurations of connectors with. */
export interface ConfigScope {
  readonly plugins: Plugins;
  /** Name of the worker's converter, for connectors that name none. */
  readonly valueConverter: string;
  readonly sources: PlaceholderSources;
}

/**
 * A stored configuration, its placeholders filled; throws WORKER_CONFIG with everything that is wrong with it, WORKER_CLASS where
 * nobody here has its class.
 *
 * @param warn hears of keys that are not known, or not used
 */
export function settingsOf(
  config: FlatConfig,
  scope: ConfigScope,
  warn: (warning: string) => void = () => {},
): ConnectorSettings {
  const resolved = resolveConnector(config, scope.sources);
  const { settings, problems, warnings } = readConnector(
    resolved.config,
    scope.plugins,
    scope,
    resolved.filled,
  );
  for (const warning of warnings) warn(warning);
  // One cause is told once.
  const told = new Set(resolved.problems.map(({ key }) => key));
  const found = [...resolved.problems, ...problems.filter(({ key }) => !told.has(key))];
  const messages = found.map(({ message }) => message);
  if (settings !== null && messages.length === 0) return settings;
  const className = resolved.config['connector.class'];
  const isUnknown = className !== undefined && connectorOf(scope.plugins, className) === null;
  throw new ConnectError(isUnknown ? 'WORKER_CLASS' : 'WORKER_CONFIG', messages.join('\n'), {
    detail: { connector: config['name'] ?? '' },
  });
}
