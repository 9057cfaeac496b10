import { type Command, Option } from 'commander';
import { seconds } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface StatusOptions {
  readonly file: string;
  /** State to wait for; null: say what is. */
  readonly wait: 'loaded' | 'ready' | null;
  /** Longest wait, in seconds; null: none. */
  readonly timeoutSeconds: number | null;
}

export function register(program: Command, run: Run<StatusOptions>): void {
  program
    .command('status')
    .summary('state of every table')
    .description('Prints the state of every table, from the topics alone: also while workers run elsewhere.')
    .argument('<file>', 'migration file')
    .addOption(new Option('--wait <state>', 'wait until all tables are there').choices(['loaded', 'ready']))
    .option('--timeout <seconds>', 'longest wait; exit 4 when it is over', seconds)
    .action((file: string, raw: { wait?: 'loaded' | 'ready'; timeout?: number }) =>
      run({ file, wait: raw.wait ?? null, timeoutSeconds: raw.timeout ?? null }),
    );
}
