import { type Command, Option } from 'commander';
import { fraction, repeated } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface VerifyOptions {
  readonly file: string;
  /** Null: the source; where `snapshot.from: none` claims no more than the stream, the topics (Rule C1). */
  readonly against: 'source' | 'topics' | null;
  /** Tables to compare; none: all. */
  readonly tables: readonly string[];
  /** Share of the keys to compare, above 0 and 1 at most. */
  readonly sampleFraction: number;
  /** File of keys to compare (JSON lines, DynamoDB JSON); null: all. */
  readonly keysFile: string | null;
  /** File the report is written to; null: none. */
  readonly reportFile: string | null;
  /** Whether examples may show keys: they are item values. */
  readonly showKeys: boolean;
  /** Whether differences are mended in the target. */
  readonly repair: boolean;
}

interface RawOptions {
  readonly against?: 'source' | 'topics';
  readonly table?: readonly string[];
  readonly sample?: number;
  readonly keys?: string;
  readonly report?: string;
  readonly showKeys?: boolean;
  readonly repair?: boolean;
}

export function register(program: Command, run: Run<VerifyOptions>): void {
  program
    .command('verify')
    .summary('compare target and source, in both directions')
    .description(
      'Finds rows that are missing, different or extra in the target. A difference seen while changes flow is looked at ' +
        'again before it counts. With --repair the target is mended, row by row, and looked at again. Exits 3 when there ' +
        'are differences in the end.',
    )
    .argument('<file>', 'migration file')
    .addOption(
      new Option(
        '--against <side>',
        'what to compare with (default: source; topics with snapshot.from: none)',
      ).choices(['source', 'topics']),
    )
    .option('--table <table>', 'only this table; may be repeated', repeated)
    .option('--sample <fraction>', 'only this share of the keys, such as 0.01', fraction)
    .option('--keys <file>', 'only these keys: JSON lines of DynamoDB JSON, with the key attributes alone')
    .option('--repair', 'mend the differences in the target; keys that keep changing are left')
    .option('--report <path>', 'also write the report as JSON to a file')
    .option('--show-keys', 'show keys in the report; they are values of items')
    .action((file: string, raw: RawOptions) =>
      run({
        file,
        against: raw.against ?? null,
        tables: raw.table ?? [],
        sampleFraction: raw.sample ?? 1,
        keysFile: raw.keys ?? null,
        reportFile: raw.report ?? null,
        showKeys: raw.showKeys === true,
        repair: raw.repair === true,
      }),
    );
}
