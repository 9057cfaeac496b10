import { type Command, Option } from 'commander';
import { wholeNumber } from '../option-values.ts';
import type { Run } from '../session.ts';

export type DemoTarget = 'alternator' | 'cql' | 'both';

export interface DemoOptions {
  /** What the table becomes; both: the one, and then from the same topics the other. */
  readonly target: DemoTarget;
  /** Items in the source; null: the demo's own number. */
  readonly items: number | null;
  /** Changes per second while it runs; null: the demo's own rate. */
  readonly changesPerSecond: number | null;
  /** Leave the services and their data. */
  readonly keep: boolean;
}

export function register(program: Command, run: Run<DemoOptions>): void {
  program
    .command('demo')
    .summary('the whole thing on local services')
    .description(
      'Starts local services, fills a table, migrates it while it changes, and verifies the target.',
    )
    .addOption(
      new Option('--target <type>', 'what the table becomes')
        .choices(['alternator', 'cql', 'both'])
        .default('alternator'),
    )
    .option('--items <n>', 'items in the table', wholeNumber)
    .option('--rate <n>', 'changes per second', wholeNumber)
    .option('--keep', 'leave the services and their data')
    .action((raw: { target: DemoTarget; items?: number; rate?: number; keep?: boolean }) =>
      run({
        target: raw.target,
        items: raw.items ?? null,
        changesPerSecond: raw.rate ?? null,
        keep: raw.keep === true,
      }),
    );
}
