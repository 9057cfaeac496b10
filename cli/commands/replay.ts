import type { Command } from 'commander';
import { UsageError } from '../exit.ts';
import { type ReplayStart, repeated, replayStart } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface ReplayOptions {
  readonly file: string;
  readonly from: ReplayStart;
  /** Tables to replay; none: all. */
  readonly tables: readonly string[];
  /** Drop and create the target tables; then `--yes` was given too. */
  readonly recreate: boolean;
}

interface RawOptions {
  readonly from?: ReplayStart;
  readonly table?: readonly string[];
  readonly recreate?: boolean;
  readonly yes?: boolean;
}

export function register(program: Command, run: Run<ReplayOptions>): void {
  program
    .command('replay')
    .summary('write the target again from the topics')
    .description(
      "Moves the sink's positions back, so that the next migrate writes again what the topics hold. The sink must be " +
        'stopped: exit 4 names who runs it.',
    )
    .argument('<file>', 'migration file')
    .option('--from <start>', 'snapshot, earliest or a time (default: snapshot)', replayStart)
    .option('--table <table>', 'only this table; may be repeated', repeated)
    .option('--recreate', 'drop and create the target tables; needs --yes')
    .option('--yes', 'confirm what deletes')
    .action((file: string, raw: RawOptions) => {
      if (raw.recreate === true && raw.yes !== true) {
        throw new UsageError('replay --recreate drops target tables', 'Confirm with --yes.');
      }
      const from = raw.from ?? { at: 'snapshot' };
      return run({ file, from, tables: raw.table ?? [], recreate: raw.recreate === true });
    });
}
