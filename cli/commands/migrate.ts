import { type Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { addNotBuiltFlags } from '../not-built.ts';

export interface MigrateOptions {
  readonly file: string;
  /** What to stop at; null: follow until interrupted. */
  readonly until: 'loaded' | 'ready' | null;
  /** Never contact the source. */
  readonly sinksOnly: boolean;
}

export function register(program: Command, context: CommandContext): void {
  const command = program
    .command('migrate')
    .summary('move the tables of a file, and follow their changes')
    .description(
      'Runs sources, topics and sinks for all tables of a migration file in one process, and goes on where it was. ' +
        'Without --until it follows until it is interrupted; then it finishes what is in flight, commits, and exits 0.',
    )
    .argument('<file>', 'migration file')
    .addOption(new Option('--until <state>', 'end once all tables are there').choices(['loaded', 'ready']))
    .option('--sinks-only', 'write what the topics hold; never contact the source')
    .action((file: string, raw: { until?: 'loaded' | 'ready'; sinksOnly?: boolean }) =>
      context.run('migrate', { file, until: raw.until ?? null, sinksOnly: raw.sinksOnly === true }),
    );
  addNotBuiltFlags(command);
}
