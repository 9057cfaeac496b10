import { ConnectError } from '../../connectors/errors.ts';
import type { Plugins } from '../../connectors/plugins.ts';
import { loadPlugins } from '../../connectors/worker/plugins/plugin-path.ts';
import { plugins as sinkPlugins } from '../../sink/plugins.ts';
import { plugins as sourcePlugins } from '../../source/plugins.ts';
import { UsageError } from '../exit.ts';

/** What workers of both kinds can be configured with, and what lies at some paths. Throws UsageError for what is no plugin. */
export async function knownPlugins(paths: readonly string[]): Promise<Plugins> {
  // The rest is the same for both.
  const own = { ...sinkPlugins, connectors: [...sourcePlugins.connectors, ...sinkPlugins.connectors] };
  try {
    return await loadPlugins(own, paths);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    throw new UsageError(error.message, 'Correct the module, or --plugin-path.');
  }
}
