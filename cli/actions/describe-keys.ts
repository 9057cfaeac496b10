import type { ConfigType } from '../../connectors/config/config-infos.ts';
import { leavesOf } from '../../connectors/config/flat/flat-leaves.ts';
import { type ConfiguredPlugin, configKeysOf } from '../../connectors/config/plugin-keys.ts';
import { recommendedValues } from '../../connectors/config/recommended.ts';
import type { Plugins } from '../../connectors/plugins.ts';
import { type PluginInfo, pluginInfos } from '../../connectors/rest/plugin-list.ts';
import { version } from '../../connectors/version.ts';
import { summaryOf } from './plugin-summary.ts';

/** A key as `messina describe` tells of it. */
export interface DescribedKey {
  /** `manifests.*`: names of one's own stand in the place of the star. */
  readonly name: string;
  readonly type: ConfigType;
  readonly required: boolean;
  /** Null: there is none. */
  readonly default: string | null;
  /** Those it can have, where they are few; none: any of its type. */
  readonly values: readonly string[];
  readonly importance: 'HIGH' | 'MEDIUM' | 'LOW';
  /** Null: the plugin has no groups. */
  readonly group: string | null;
  readonly description: string;
}

export interface Description {
  readonly class: string;
  readonly type: PluginInfo['type'];
  readonly summary: string;
  /** In the order in which people read them: those of a group stand together. */
  readonly keys: readonly DescribedKey[];
}

export function descriptionOf(plugin: ConfiguredPlugin, plugins: Plugins): Description {
  const name = 'plugin' in plugin ? plugin.plugin.name : plugin.name;
  const info = pluginInfos(plugins, version(), false).find((one) => one.class === name);
  const keys = configKeysOf(plugin).map(
    (key): DescribedKey => ({
      name: key.name,
      type: key.type,
      required: key.required,
      default: key.default_value,
      values: valuesOf(key.name, plugin, plugins),
      importance: key.importance,
      group: key.group,
      description: key.documentation,
    }),
  );
  const groups = [...new Set(keys.map(({ group }) => group))];
  return {
    class: name,
    type: info?.type ?? 'converter',
    summary: summaryOf(plugin),
    keys: groups.flatMap((group) => keys.filter((key) => key.group === group)),
  };
}

function valuesOf(key: string, plugin: ConfiguredPlugin, plugins: Plugins): readonly string[] {
  if ('plugin' in plugin) return recommendedValues(key, plugin, plugins);
  const leaves = 'options' in plugin ? leavesOf(plugin.options) : [];
  const leaf = leaves.find((one) => one.key === key);
  return leaf?.type === 'BOOLEAN' ? ['true', 'false'] : (leaf?.values ?? []);
}
