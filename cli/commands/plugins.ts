import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';

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

/** `messina connectors` and `messina describe`: what workers can be configured with. */
export function register(program: Command, context: CommandContext): void {
  withPluginPath(program.command('connectors'))
    .summary('list the plugins of workers')
    .description(
      'Lists what the workers `messina source` and `messina sink` can be configured with: connectors, transforms, ' +
        'predicates, converters.',
    )
    .action(({ pluginPath = [] }: RawOptions) => context.run('connectors', { pluginPath }));
  withPluginPath(program.command('describe'))
    .summary("print a plugin's options")
    .description(
      'Prints every key of a connector, transform, predicate or converter: its type, default and meaning.',
    )
    .argument('<class>', "the plugin's class: its short name, or that of Kafka Connect's class")
    .action((className: string, { pluginPath = [] }: RawOptions) =>
      context.run('describe', { className, pluginPath }),
    );
}

function withPluginPath(command: Command): Command {
  return command.option(
    '--plugin-path <path>',
    'a module or folder of plugins of others, as in plugin.path; may be given several times',
    (path: string, before: readonly string[] = []) => [...before, path],
  );
}
