import type { Command } from 'commander';
import type { Run } from '../session.ts';

export interface PlanOptions {
  readonly file: string;
  /** Print the connectors that the file stands for, and contact nothing. */
  readonly connectors: boolean;
}

export function register(program: Command, run: Run<PlanOptions>): void {
  program
    .command('plan')
    .summary('check everything, touch nothing')
    .description(
      'Checks access, streams, coverage, topics and target of a migration file, and prints what migrate would create, ' +
        'with size, estimated duration and each problem with its remedy. Touches nothing.',
    )
    .argument('<file>', 'migration file')
    .option(
      '--connectors',
      'print the connectors that the file stands for, as JSON to post to workers, and contact nothing',
      false,
    )
    .action((file: string, { connectors }: { connectors: boolean }) => run({ file, connectors }));
}
