import { Argument, type Command } from 'commander';
import { closestWord } from '../../connectors/config/suggest.ts';
import { ERRORS } from '../../connectors/errors.ts';
import { UsageError } from '../exit.ts';
import { repeated, wholeNumber } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface DeadLettersOptions {
  readonly file: string;
  readonly what: 'list' | 'show' | 'retry';
  /** Only letters of this error code; null: all. */
  readonly reason: string | null;
  /** Only these tables; none: all. */
  readonly tables: readonly string[];
  /** Also what connectors of other files have set aside in the same topic. */
  readonly everybodys: boolean;
  /** Most letters shown. */
  readonly lettersMax: number;
  /** Keys are values of items. */
  readonly showKeys: boolean;
}

interface RawOptions {
  readonly reason?: string;
  readonly table?: readonly string[];
  readonly all?: boolean;
  readonly max?: number;
  readonly showKeys?: boolean;
}

const LETTERS_MAX = 100;

export function register(program: Command, run: Run<DeadLettersOptions>): void {
  program
    .command('dead-letters')
    .summary('what was set aside and why; send it again')
    .description(
      'list: counts of the letters that wait. show: each of them, without its item. retry: sends the newest record of each ' +
        'key through the sink again, which must be stopped (exit 4 names who runs it); exits 1 when some fail again.',
    )
    .argument('<file>', 'migration file')
    .addArgument(new Argument('<what>', 'what is done').choices(['list', 'show', 'retry']))
    .option('--reason <code>', 'only letters with this error code')
    .option('--table <table>', 'only this table; may be repeated', repeated)
    .option('--all', "list and show: also other files' letters in the same topic")
    .option('--max <letters>', `show: most letters (default: ${LETTERS_MAX})`, wholeNumber)
    .option('--show-keys', 'show: keys too; they are values of items')
    .action((file: string, what: DeadLettersOptions['what'], raw: RawOptions) => {
      assertReason(raw.reason);
      return run({
        file,
        what,
        reason: raw.reason ?? null,
        tables: raw.table ?? [],
        everybodys: raw.all === true,
        lettersMax: raw.max ?? LETTERS_MAX,
        showKeys: raw.showKeys === true,
      });
    });
}

/** A code that is mistyped would find nothing, and look as if all were well. */
function assertReason(reason: string | undefined): void {
  if (reason === undefined || Object.hasOwn(ERRORS, reason)) return;
  const near = closestWord(reason, Object.keys(ERRORS));
  throw new UsageError(
    `--reason ${reason} is no error code`,
    near === null ? 'See docs/errors.md for the codes.' : `Did you mean ${near}?`,
  );
}
