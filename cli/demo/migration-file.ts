/** What the demo's migration file is made of. */
export interface MigrationFileParts {
  /** `host:port` */
  readonly kafka: string;
  /** URL of the source. */
  readonly source: string;
  readonly target: AlternatorParts | CqlParts;
  readonly table: string;
  readonly slackSeconds: number;
  /** URL of the export's manifest-summary.json; null: it is still to be made. */
  readonly manifest: string | null;
}

export interface AlternatorParts {
  readonly type: 'alternator';
  readonly endpoint: string;
  readonly writesPerSecond: number;
}

export interface CqlParts {
  readonly type: 'cql';
  /** `host:port` */
  readonly contactPoint: string;
  readonly keyspace: string;
  /** File name of the mapping, beside the migration file. */
  readonly mapping: string;
}

/** Any will do for DynamoDB Local, which keeps a database for each. */
export const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' } as const;
export const region = 'eu-central-1';

/** The migration file as a newcomer sees it: everything the demo says, and why. */
export function migrationFile(parts: MigrationFileParts): string {
  const { kafka, source, target, table, slackSeconds, manifest } = parts;
  const becomes = target.type === 'cql' ? 'typed tables (CQL)' : 'its DynamoDB API (Alternator)';
  return `# The demo's migration: one table, from DynamoDB to ScyllaDB, as ${becomes}.
# Every key is explained in docs/migration-file.md.

name: demo                     # the group of the workers, and the first part of topic names

source:
  region: ${region}
  endpoint: ${source}     # only for stand-ins: here, DynamoDB Local
  credentials: {accessKeyId: ${credentials.accessKeyId}, secretAccessKey: ${credentials.secretAccessKey}}
  tables: [${table}]
  snapshot:
${snapshotLines(table, manifest)}
    # The stream must have been on for this long when the export is taken, so that they overlap.
    # A real export needs the default of 300; this one has no fuzz and a single clock.
    slackSeconds: ${slackSeconds}
  changes: streams             # what happens while the rows are on their way

kafka:
  brokers: [${kafka}]
  partitions: 6                # of each topic; the default is 12
  replicationFactor: 1         # there is one broker

${target.type === 'cql' ? cqlLines(target) : alternatorLines(target)}`;
}

function alternatorLines({ endpoint, writesPerSecond }: AlternatorParts): string {
  return `target:
  type: alternator
  endpoints: [${endpoint}]  # a second DynamoDB Local stands for ScyllaDB
  # How long to wait before writing again what a killed process may have left under way: the server's own timeout,
  # and how far clocks of nodes differ (the default is 1000; here, there is one clock).
  serverTimeoutMs: 10000
  clockSkewMs: 200
  writesPerSecond: ${writesPerSecond}        # so that the demo can be killed half-way
`;
}

function cqlLines({ contactPoint, keyspace, mapping }: CqlParts): string {
  return `target:
  type: cql
  contactPoints: [${contactPoint}]  # a Cassandra stands for ScyllaDB
  keyspace: ${keyspace}               # exists already: how many copies there are is for you to say
  mapping: ${mapping} # what the table's columns are
`;
}

function snapshotLines(table: string, manifest: string | null): string {
  if (manifest === null) return '    from: scan                 # until there is an export';
  return `    from: manifest             # rows come from an export that exists
    manifests:
      ${table}: ${manifest}`;
}
