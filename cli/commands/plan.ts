import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addNotBuiltFlags } from '../not-built.ts';

export interface PlanOptions {
  readonly file: string;
}

export function register(program: Command, context: CommandContext): void {
  const command = program
    .command('plan')
    .summary('check everything, touch nothing')
    .description(
      'Checks access, streams, coverage, topics and target of a migration file, and prints what migrate would create, ' +
        'with size, estimated duration and each problem with its remedy. Touches nothing.',
    )
    .argument('<file>', 'migration file')
    .action((file: string) => context.run('plan', { file }));
  addNotBuiltFlags(command);
}
