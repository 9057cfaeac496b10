import { type Command, Option } from 'commander';
import { UsageError } from '../exit.ts';
import { type LoadMix, loadMix, seconds, wholeNumber, wholeNumberFrom0 } from '../option-values.ts';
import type { Run } from '../session.ts';

export interface LoadOptions {
  /** A migration file, whose source is written to; null: `endpoint` and `region` say where. */
  readonly file: string | null;
  readonly table: string;
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly createTable: boolean;
  /** Write into a table with items that load did not make. */
  readonly allowExisting: boolean;
  readonly seed: number;
  readonly shape: 'mixed' | 'small';
  readonly paddingBytes: number;
  /** Items to fill the table with; null: none. */
  readonly items: number | null;
  readonly from: number;
  /** The writes after it; null: none. */
  readonly workload: LoadWorkload | null;
}

export interface LoadWorkload {
  readonly keys: number;
  readonly hotKeys: number;
  /** Writes a second. */
  readonly rate: number;
  readonly mix: LoadMix | null;
  /** Ends after the first of both; null: no such end. */
  readonly operations: number | null;
  readonly seconds: number | null;
}

interface RawOptions {
  readonly table: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly createTable?: boolean;
  readonly allowExisting?: boolean;
  readonly seed?: number;
  readonly shape: 'mixed' | 'small';
  readonly itemBytes?: number;
  readonly items?: number;
  readonly from?: number;
  readonly keys?: number;
  readonly hotKeys?: number;
  readonly rate?: number;
  readonly mix?: LoadMix;
  readonly operations?: number;
  readonly seconds?: number;
}

const KEYS = 1000;
const HOT_KEYS = 50;
const RATE = 50;

export function register(program: Command, run: Run<LoadOptions>): void {
  program
    .command('load')
    .summary('fill a table and write to it, for rehearsals')
    .description(
      'Fills a DynamoDB table with items and then writes to it: puts, updates, replacements and deletes that follow from ' +
        'the seed alone. Counts them by what the stream shows, as messina status does. Without --operations or --seconds ' +
        'it writes until it is interrupted, and then prints the counts. Credentials are those of the file, or the chain ' +
        'of the AWS SDK (AWS_ACCESS_KEY_ID, profiles, roles).',
    )
    .argument('[file]', 'migration file, whose source is written to; else --endpoint, --region')
    .requiredOption('--table <table>', 'table to write to')
    .option('--endpoint <url>', 'of a stand-in; default: the endpoint of the region')
    .option('--region <region>', 'AWS region; default: AWS_REGION')
    .option(
      '--create-table',
      'create it where it is missing (keys Artist, SongTitle); its stream is enabled once it is filled',
    )
    .option('--allow-existing', 'write into a table that holds items of others')
    .option('--items <n>', 'fill the table with n items', wholeNumber)
    .option('--from <n>', 'number of the first of them, to go on (default: 0)', wholeNumberFrom0)
    .option('--rate <n>', `writes a second after that (default: ${RATE})`, wholeNumber)
    .option('--operations <n>', 'end after n writes', wholeNumber)
    .option('--seconds <n>', 'end after n seconds', seconds)
    .option(
      '--keys <n>',
      `keys to write to (default: those filled, or ${KEYS}), and a tenth more`,
      wholeNumber,
    )
    .option('--hot-keys <n>', `keys that get half of all writes (default: ${HOT_KEYS})`, wholeNumber)
    .option('--mix <weights>', 'kinds of writes (default: put=3,update=4,replace=1,delete=2)', loadMix)
    .option('--seed <n>', 'another seed, other items and writes (default: 1)', wholeNumberFrom0)
    .addOption(
      new Option('--shape <shape>', 'items of all types, some large, or small ones')
        .choices(['mixed', 'small'])
        .default('mixed'),
    )
    .option('--item-bytes <n>', 'adds an attribute of n bytes to items that are put', wholeNumber)
    .action((file: string | undefined, raw: RawOptions) => {
      if (file !== undefined && (raw.endpoint !== undefined || raw.region !== undefined)) {
        throw new UsageError(
          'load takes a migration file, or --endpoint and --region, not both',
          'Leave one of them out.',
        );
      }
      const { rate, operations, seconds: forSeconds } = raw;
      const writes = rate !== undefined || operations !== undefined || forSeconds !== undefined;
      if (raw.items === undefined && !writes) {
        throw new UsageError('load has nothing to do', 'Give --items, or --rate, --operations or --seconds.');
      }
      return run(optionsOf(file, raw, writes));
    });
}

function optionsOf(file: string | undefined, raw: RawOptions, writes: boolean): LoadOptions {
  const from = raw.from ?? 0;
  const workload: LoadWorkload = {
    keys: raw.keys ?? (raw.items === undefined ? KEYS : from + raw.items),
    hotKeys: raw.hotKeys ?? HOT_KEYS,
    rate: raw.rate ?? RATE,
    mix: raw.mix ?? null,
    operations: raw.operations ?? null,
    seconds: raw.seconds ?? null,
  };
  return {
    file: file ?? null,
    table: raw.table,
    endpoint: raw.endpoint ?? null,
    region: raw.region ?? null,
    createTable: raw.createTable === true,
    allowExisting: raw.allowExisting === true,
    seed: raw.seed ?? 1,
    shape: raw.shape,
    paddingBytes: raw.itemBytes ?? 0,
    items: raw.items ?? null,
    from,
    workload: writes ? workload : null,
  };
}
