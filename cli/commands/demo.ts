import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addNotBuiltFlags } from '../not-built.ts';
import { wholeNumber } from '../option-values.ts';

export interface DemoOptions {
  /** Items in the source; null: the demo's own number. */
  readonly items: number | null;
  /** Changes per second while it runs; null: the demo's own rate. */
  readonly changesPerSecond: number | null;
  /** Leave the services and their data. */
  readonly keep: boolean;
}

export function register(program: Command, context: CommandContext): void {
  const command = program
    .command('demo')
    .summary('the whole thing on local services')
    .description(
      'Starts local services, fills a table, migrates it while it changes, and verifies the target.',
    )
    .option('--items <n>', 'items in the table', wholeNumber)
    .option('--rate <n>', 'changes per second', wholeNumber)
    .option('--keep', 'leave the services and their data')
    .action((raw: { items?: number; rate?: number; keep?: boolean }) =>
      context.run('demo', {
        items: raw.items ?? null,
        changesPerSecond: raw.rate ?? null,
        keep: raw.keep === true,
      }),
    );
  addNotBuiltFlags(command);
}
