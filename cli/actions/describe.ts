import { closestWord } from '../../connectors/config/suggest.ts';
import type { Plugins } from '../../connectors/plugins.ts';
import { pluginInfos, pluginOf } from '../../connectors/rest/plugin-list.ts';
import { predicateNames, remedyWithout, transformNames } from '../../connectors/transforms/registry.ts';
import { version } from '../../connectors/version.ts';
import type { DescribeOptions } from '../commands/plugins.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Session } from '../session.ts';
import { descriptionOf } from './describe-keys.ts';
import { descriptionText } from './describe-text.ts';
import { knownPlugins } from './known-plugins.ts';

export async function runDescribe(
  session: Session,
  { className, pluginPath }: DescribeOptions,
): Promise<ExitCode> {
  const plugins = await knownPlugins(pluginPath);
  const plugin = pluginOf(plugins, className);
  if (plugin === null) throw unknownClass(className, plugins);
  const description = descriptionOf(plugin, plugins);
  if (session.globals.json) session.printJson(description);
  else session.print(descriptionText(description));
  return exitCodes.done;
}

function unknownClass(className: string, plugins: Plugins): UsageError {
  const instead = remedyWithout(className);
  if (instead !== null) return new UsageError(`${className} is not for items`, instead);
  const known = pluginInfos(plugins, version(), false).map((one) => one.class);
  const names = [
    ...known,
    ...plugins.transforms.flatMap(transformNames),
    ...plugins.predicates.flatMap(predicateNames),
  ];
  const near = closestWord(className, names) ?? known.find((name) => name.startsWith(`${className}$`));
  const meant = near === undefined ? '' : `Did you mean "${near}"? `;
  return new UsageError(`There is no class ${className}`, `${meant}There are: ${known.join(', ')}.`);
}
