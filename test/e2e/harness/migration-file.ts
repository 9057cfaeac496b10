import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestServices } from '../../services.ts';

export interface FileOptions {
  readonly tables: readonly string[];
  /** Replaces or adds keys of a section. */
  readonly source?: object;
  readonly snapshot?: object;
  readonly kafka?: object;
  /** With a `type` it is the whole section. */
  readonly target?: object;
  readonly rest?: object;
}

export interface MigrationFile extends AsyncDisposable {
  readonly path: string;
  readonly directory: string;
  /** Writes the file again with other options. */
  write(options: FileOptions): Promise<void>;
}

/** A migration file (YAML is a superset of JSON) over the test's services, with short waits. */
export async function migrationFile(services: TestServices, options: FileOptions): Promise<MigrationFile> {
  const directory = await mkdtemp(join(tmpdir(), 'messina-e2e-'));
  const path = join(directory, 'migration.yaml');
  const write = (chosen: FileOptions) => writeFile(path, JSON.stringify(contents(services, chosen), null, 2));
  await write(options);
  return {
    path,
    directory,
    write,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

function contents(services: TestServices, options: FileOptions) {
  const { name, credentials, region, kafka, source, target } = services;
  return {
    name,
    source: {
      region,
      endpoint: source.endpoint,
      credentials,
      tables: options.tables,
      snapshot: { from: 'scan', slackSeconds: 1, readCapacity: 100_000, ...options.snapshot },
      ...options.source,
    },
    kafka: { brokers: [kafka.bootstrap], partitions: 4, ...options.kafka },
    target: isWhole(options.target)
      ? options.target
      : {
          type: 'alternator',
          endpoints: [target.endpoint],
          region,
          credentials,
          serverTimeoutMs: 1500,
          clockSkewMs: 100,
          ...options.target,
        },
    tasks: { source: 2, sink: 2 },
    ...options.rest,
  };
}

const isWhole = (target: object | undefined) => target !== undefined && 'type' in target;
