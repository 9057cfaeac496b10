import type { Command } from 'commander';
import { exportUrl } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface ExportOptions {
  readonly file: string;
  readonly table: string;
  /** `s3://bucket/prefix` or `file:///dir`. */
  readonly to: string;
}

export function register(program: Command, run: Run<ExportOptions>): void {
  program
    .command('export')
    .summary('scan a table into an export of the AWS format')
    .description(
      'Scans a table into a full export as AWS makes them: manifests, md5, counts, gzip, DynamoDB JSON. For tables ' +
        'without point-in-time recovery, and for stand-ins.',
    )
    .argument('<file>', 'migration file')
    .requiredOption('--table <table>', 'table to export')
    .requiredOption('--to <url>', 's3://bucket/prefix or file:///dir', exportUrl)
    .action((file: string, raw: { table: string; to: string }) => run({ file, ...raw }));
}
