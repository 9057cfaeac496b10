import type { Plugins } from '../../connectors/plugins.ts';
import { type PluginInfo, pluginInfos, pluginOf } from '../../connectors/rest/plugin-list.ts';
import { version } from '../../connectors/version.ts';
import type { ConnectorsOptions } from '../commands/plugins.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Session } from '../session.ts';
import { knownPlugins } from './known-plugins.ts';
import { summaryOf } from './plugin-summary.ts';
import { columns } from './status-table.ts';

/** A plugin as the lists show it. */
type ListedPlugin = Pick<PluginInfo, 'class' | 'type'> & { readonly summary: string };

export async function runConnectors(session: Session, { pluginPath }: ConnectorsOptions): Promise<ExitCode> {
  const listed = listOf(await knownPlugins(pluginPath));
  if (session.globals.json) session.printJson(listed);
  else session.print(columns(rowsOf(listed), 3).join('\n'));
  return exitCodes.done;
}

function listOf(plugins: Plugins): ListedPlugin[] {
  return pluginInfos(plugins, version(), false).map(({ class: name, type }) => {
    const plugin = pluginOf(plugins, name);
    return { class: name, type, summary: plugin === null ? '' : summaryOf(plugin) };
  });
}

const rowsOf = (listed: readonly ListedPlugin[]) => [
  ['class', 'type', 'summary'],
  ...listed.map((one) => [one.class, one.type, one.summary]),
];
