import { type Command, Option } from 'commander';
import { type TopicStart, topicStart, wholeNumber } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface TopicOptions {
  readonly file: string;
  readonly table: string;
  readonly kind: 'snapshot' | 'changes';
  readonly from: TopicStart;
  /** Most records printed; null: all. */
  readonly recordsMax: number | null;
  /** Wait for further records at the end. */
  readonly follow: boolean;
}

interface RawOptions {
  readonly table: string;
  readonly kind: 'snapshot' | 'changes';
  readonly from?: TopicStart;
  readonly max?: number;
  readonly follow?: boolean;
}

export function register(program: Command, run: Run<TopicOptions>): void {
  program
    .command('topic')
    .summary('print a topic as JSON lines')
    .description('Prints the records of a topic as JSON lines, items as DynamoDB JSON.')
    .argument('<file>', 'migration file')
    .requiredOption('--table <table>', 'table whose topic is read')
    .addOption(
      new Option('--kind <kind>', 'which of its topics')
        .choices(['snapshot', 'changes'])
        .makeOptionMandatory(),
    )
    .option('--from <start>', 'earliest, a time or partition:offset (default: earliest)', topicStart)
    .option('--max <records>', 'most records printed', wholeNumber)
    .option('--follow', 'wait for further records')
    .action((file: string, raw: RawOptions) =>
      run({
        file,
        table: raw.table,
        kind: raw.kind,
        from: raw.from ?? { at: 'earliest' },
        recordsMax: raw.max ?? null,
        follow: raw.follow === true,
      }),
    );
}
