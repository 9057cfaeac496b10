import type { Command } from 'commander';
import type { Run } from '../session.ts';

export interface CleanupOptions {
  readonly file: string;
  readonly yes: boolean;
  /** Leave on what Messina switched on at the source, and do not contact it. */
  readonly keepSource: boolean;
}

export function register(program: Command, run: Run<CleanupOptions>): void {
  program
    .command('cleanup')
    .summary('remove what Messina made for a migration')
    .description(
      'Lists the topics and consumer groups of a migration, and the streams and point-in-time recovery that Messina ' +
        'switched on for it; asks, and removes them. Never a table, at the source or at the target. Refused (exit 4) ' +
        'while the migration runs. After a kill the same command goes on.',
    )
    .argument('<file>', 'migration file')
    .option('--yes', 'do not ask; needed without a terminal')
    .option('--keep-source', 'never contact the source: streams and point-in-time recovery stay on')
    .action((file: string, raw: { yes?: boolean; keepSource?: boolean }) =>
      run({ file, yes: raw.yes === true, keepSource: raw.keepSource === true }),
    );
}
