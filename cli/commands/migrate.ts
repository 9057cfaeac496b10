import { type Command, Option } from 'commander';
import { addNotBuiltFlags } from '../not-built.ts';
import { repeated } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface MigrateOptions {
  readonly file: string;
  /** What to stop at; null: follow until interrupted. */
  readonly until: 'loaded' | 'ready' | null;
  /** Never contact the source. */
  readonly sinksOnly: boolean;
  /** Tables that begin a new epoch with a new snapshot. */
  readonly newSnapshots: readonly string[];
}

interface RawOptions {
  readonly until?: 'loaded' | 'ready';
  readonly sinksOnly?: boolean;
  readonly newSnapshot?: readonly string[];
}

export function register(program: Command, run: Run<MigrateOptions>): void {
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
    .option(
      '--new-snapshot <table>',
      'begin anew with a new snapshot of the table, the way out of a data gap; may be repeated',
      repeated,
    )
    .action((file: string, raw: RawOptions) =>
      run({
        file,
        until: raw.until ?? null,
        sinksOnly: raw.sinksOnly === true,
        newSnapshots: raw.newSnapshot ?? [],
      }),
    );
  addNotBuiltFlags(command);
}
