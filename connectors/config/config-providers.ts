import type { FlatProblem } from './flat/flat.ts';
import type { FlatConfig } from './flat/flat-config.ts';
import { invalid, missing } from './flat/flat-problems.ts';
import type { PlaceholderProvider } from './placeholders.ts';

const classes: Readonly<Record<string, PlaceholderProvider>> = {
  EnvVarConfigProvider: 'env',
  FileConfigProvider: 'file',
  DirectoryConfigProvider: 'directory',
};

/** The providers that are there whatever `config.providers` names. */
const builtIn: Readonly<Record<string, PlaceholderProvider>> = {
  env: 'env',
  file: 'file',
  directory: 'directory',
};

/** Reads `config.providers` and `config.providers.<name>.class`: Kafka's three, under any names. */
export function readProviders(
  config: FlatConfig,
  problems: FlatProblem[],
): Readonly<Record<string, PlaceholderProvider>> {
  const names = (config['config.providers'] ?? '').split(',').map((name) => name.trim());
  const providers = { ...builtIn };
  for (const name of names.filter((one) => one !== '')) {
    const key = `config.providers.${name}.class`;
    const className = config[key];
    if (className === undefined) {
      if (!Object.hasOwn(builtIn, name)) problems.push(missing(key));
      continue;
    }
    const provider = classes[className.slice(className.lastIndexOf('.') + 1)];
    if (provider !== undefined) providers[name] = provider;
    else
      problems.push(
        invalid(key, className, `there is no such provider. One of: ${Object.keys(classes).join(', ')}`),
      );
  }
  return providers;
}
