import { z } from 'zod';
import { alternatorCredentials, count, endpoint, filePath, secret, tableName, text, tls } from './leaves.ts';

/** Leaves that mean the same for every target. */
const shared = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, { error: 'must be a-z 0-9 -, 40 characters at most' })
    .describe('Last part of the name of the sink connector. Default: the type.')
    .exactOptional(),
  discovery: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe('off: only the nodes named here are used, as behind a mapped port.'),
  createTables: z
    .boolean()
    .default(true)
    .describe(
      'Whether tables that are missing are created, with local indexes; global ones come at cutover.',
    ),
  existing: z
    .enum(['refuse', 'keep'])
    .default('refuse')
    .describe('What happens when a target table holds rows before the first load.'),
};

const targetTableName = () =>
  z.string().regex(/^[A-Za-z0-9_.-]{3,192}$/, {
    error: 'must be 3 to 192 of the characters a-z A-Z 0-9 _ . - (the limit of Alternator)',
  });

const alternator = z.strictObject({
  type: z.literal('alternator').describe('Writes through the DynamoDB API of ScyllaDB.'),
  name: shared.name,
  endpoints: z
    .array(endpoint('URL of a node, or of a load balancer.'))
    .min(1)
    .describe('Nodes to begin with; further ones through /localnodes where the server has it.'),
  discovery: shared.discovery,
  datacenter: text('Data centre whose nodes are used.').exactOptional(),
  rack: text('Rack whose nodes are used.').exactOptional(),
  affinity: z
    .enum(['node', 'none'])
    .default('node')
    .describe('node: a key sticks to one node. none: a load balancer stands before the nodes.'),
  serverTimeoutMs: count()
    .default(10_000)
    .describe('Milliseconds after which the server has given a request up.'),
  clockSkewMs: z.int().min(0).default(1000).describe('Milliseconds by which clocks of nodes may differ.'),
  writesPerSecond: z
    .number()
    .positive()
    .describe('Most writes per second. Default: no cap; below it the rate adapts by itself.')
    .exactOptional(),
  ca: filePath('File of the certificate authorities to trust (PEM). Default: those of Node.').exactOptional(),
  region: text('Region that requests are signed for; ScyllaDB takes any.').default('none'),
  credentials: alternatorCredentials(
    'Credentials of the target. Default: requests carry placeholders.',
  ).exactOptional(),
  tables: z
    .record(tableName(), targetTableName().describe('Name of the table in the target.'))
    .default({})
    .describe('Other names for tables in the target. Default: the same name.'),
  createTables: shared.createTables,
  tags: z
    .record(z.string().min(1), z.string().describe('Value of the tag.'))
    .default({})
    .describe('Tags given to a table when it is created, such as system:write_isolation.'),
  existing: shared.existing,
});

/** A node of a CQL cluster; its port is 9042 where none is given. */
const cqlNode = (description: string) =>
  z
    .string()
    .regex(/^([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?$/, { error: 'must be host or host:port' })
    .describe(description);

const cql = z.strictObject({
  type: z.literal('cql').describe('Writes typed columns through CQL.'),
  name: shared.name,
  contactPoints: z
    .array(cqlNode('host:port of a node; without a port 9042.'))
    .min(1)
    .describe('Nodes to begin with.'),
  discovery: shared.discovery,
  localDataCenter: text(
    'Data centre whose nodes are used. Default: that of the first node that answers.',
  ).exactOptional(),
  addressTranslation: z
    .record(cqlNode('Address that a node advertises.'), cqlNode('Address to use in its place.'))
    .default({})
    .describe('For nodes that advertise addresses which cannot be reached from here.'),
  consistency: z
    .enum(['any', 'one', 'two', 'three', 'quorum', 'all', 'localQuorum', 'eachQuorum', 'localOne'])
    .default('localQuorum')
    .describe('Consistency level of writes.'),
  keyspace: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,48}$/, { error: 'must be 1 to 48 of the characters a-z A-Z 0-9 _' })
    .describe('Keyspace of the tables.'),
  username: text('User name.').exactOptional(),
  password: secret('Password.').exactOptional(),
  tls: tls('TLS to the nodes; {} trusts what Node trusts. Default: no TLS.').exactOptional(),
  mapping: filePath(
    'Mapping file, one document per table. A table without one gets its key columns, and the other attributes as DynamoDB JSON.',
  ).exactOptional(),
  createTables: shared.createTables,
  existing: shared.existing,
});

/** Section `target`: one of the two languages of ScyllaDB, chosen by `type`. */
export const targetSchema = z
  .discriminatedUnion('type', [alternator, cql])
  .describe('The ScyllaDB cluster to write to; `type` switches the language.');

export type AlternatorTarget = z.output<typeof alternator>;
export type CqlTarget = z.output<typeof cql>;
