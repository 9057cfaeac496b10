import type { Command } from 'commander';
import type { Run } from '../session.ts';

export interface ConnectorsOptions {
  /** Where plugins of others are looked for, as in `plugin.path`. */
  readonly pluginPath: readonly string[];
}

export interface DescribeOptions extends ConnectorsOptions {
  /** A class, by any of its names. */
  readonly className: string;
}

interface RawOptions {
  readonly pluginPath?: readonly string[];
}

/** What workers can be configured with. */
export function registerConnectors(program: Command, run: Run<ConnectorsOptions>): void {
  withPluginPath(program.command('connectors'))
    .summary('list the plugins of workers')
    .description(
      'Lists what the workers `messina source` and `messina sink` can be configured with: connectors, transforms, ' +
        'predicates, converters.',
    )
    .action(({ pluginPath = [] }: RawOptions) => run({ pluginPath }));
}

/** What one plugin can be configured with. */
export function registerDescribe(program: Command, run: Run<DescribeOptions>): void {
  withPluginPath(program.command('describe'))
    .summary("print a plugin's options")
    .description(
      'Prints every key of a connector, transform, predicate or converter: its type, default and meaning.',
    )
    .argument('<class>', "the plugin's class: its short name, or that of Kafka Connect's class")
    .action((className: string, { pluginPath = [] }: RawOptions) => run({ className, pluginPath }));
}

function withPluginPath(command: Command): Command {
  return command.option(
    '--plugin-path <path>',
    'a module or folder of plugins of others, as in plugin.path; may be given several times',
    (path: string, before: readonly string[] = []) => [...before, path],
  );
}
