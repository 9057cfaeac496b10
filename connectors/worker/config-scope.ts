import { readConnector } from '../config/connector-settings.ts';
import type { PlaceholderSources } from '../config/placeholders.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { ConnectorSettings } from '../config/settings.ts';
import { ConnectError } from '../errors.ts';
import type { FlatConfig } from './herder.ts';
import type { Plugins } from './plugins.ts';

/** What a worker reads configurations of connectors with. */
export interface ConfigScope {
  readonly plugins: Plugins;
  /** Name of the worker's converter, for connectors that name none. */
  readonly valueConverter: string;
  readonly sources: PlaceholderSources;
}

/**
 * A stored configuration, its placeholders filled; throws WORKER_CONFIG with everything that is wrong with it.
 *
 * @param warn hears of keys that are not known, or not used
 */
export function settingsOf(
  config: FlatConfig,
  scope: ConfigScope,
  warn: (warning: string) => void = () => {},
): ConnectorSettings {
  const resolved = resolveConfig(config, scope.sources);
  const { settings, problems, warnings } = readConnector(
    resolved.config,
    scope.plugins,
    scope,
    resolved.filled,
  );
  for (const warning of warnings) warn(warning);
  const messages = [...resolved.problems, ...problems].map(({ message }) => message);
  if (settings !== null && messages.length === 0) return settings;
  throw new ConnectError('WORKER_CONFIG', messages.join('\n'), {
    detail: { connector: config['name'] ?? '' },
  });
}
