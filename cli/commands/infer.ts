import type { Command } from 'commander';
import { wholeNumber } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface InferOptions {
  readonly file: string;
  readonly table: string;
  /** Most items that are looked at. */
  readonly itemsMax: number;
  /** File to write; null: standard output. */
  readonly output: string | null;
  /** Write over a file that exists. */
  readonly force: boolean;
}

interface RawOptions {
  readonly table: string;
  readonly items?: number;
  readonly output?: string;
  readonly force?: boolean;
}

const ITEMS_DEFAULT = 10_000;

export function register(program: Command, run: Run<InferOptions>): void {
  program
    .command('infer')
    .summary('propose a CQL mapping for a table')
    .description(
      'Proposes a mapping of a table to CQL that loses nothing, from the newest items in its topics, or from a scan of ' +
        'the source before there are any. Comments say what was seen, by type and count, never a value.',
    )
    .argument('<file>', 'migration file')
    .requiredOption('--table <table>', 'table to map')
    .option('--items <count>', `most items looked at (default: ${ITEMS_DEFAULT})`, wholeNumber)
    .option('-o, --output <path>', 'file to write (default: standard output)')
    .option('--force', 'write over a file that exists')
    .action((file: string, raw: RawOptions) =>
      run({
        file,
        table: raw.table,
        itemsMax: raw.items ?? ITEMS_DEFAULT,
        output: raw.output ?? null,
        force: raw.force === true,
      }),
    );
}
