import { z } from 'zod';

const credentials = z
  .strictObject({
    accessKeyId: z.string().min(1).describe('Name of the role.'),
    secretAccessKey: z
      .string()
      .min(1)
      .meta({ description: 'The salted hash of its password.', secret: true }),
  })
  .describe('Credentials of an Alternator role. Default: requests carry placeholders.');

const targetTable = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{3,255}$/, { error: 'must be 3 to 255 of the characters a-z A-Z 0-9 _ . -' })
  .describe('Name of the table in the target.');

/** Options of the AlternatorSink. The section `target` of a migration file is made of them. */
export const alternatorOptions = z.strictObject({
  endpoints: z
    .array(
      z
        .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:8000' })
        .describe('URL of a node, or of a load balancer.'),
    )
    .min(1)
    .describe('Nodes to begin with; further ones through /localnodes where the server has it.'),
  discovery: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe('auto: further nodes come from /localnodes where the server has it. off: only `endpoints`.'),
  datacenter: z.string().min(1).describe('Data centre whose nodes are used.').exactOptional(),
  rack: z.string().min(1).describe('Rack whose nodes are used.').exactOptional(),
  affinity: z
    .enum(['node', 'none'])
    .default('node')
    .describe('node: a key sticks to one node. none: a load balancer stands before the nodes.'),
  serverTimeoutMs: z
    .int()
    .min(1)
    .default(10_000)
    .describe('Milliseconds after which the server has given a request up (alternator_timeout_in_ms).'),
  clockSkewMs: z.int().min(0).default(1000).describe('Milliseconds by which clocks of nodes may differ.'),
  writesPerSecond: z
    .number()
    .positive()
    .describe('Most writes per second and task. Default: no cap; the rate adapts by itself.')
    .exactOptional(),
  batchItems: z
    .int()
    .min(1)
    .max(1000)
    .describe('Most items per request. Default: 100 on Alternator, 25 on DynamoDB.')
    .exactOptional(),
  ca: z
    .string()
    .min(1)
    .meta({
      description: 'File of the certificate authorities to trust (PEM). Default: those of Node.',
      path: true,
    })
    .exactOptional(),
  region: z
    .string()
    .min(1)
    .default('none')
    .describe('Region that requests are signed for; ScyllaDB takes any.'),
  credentials: credentials.exactOptional(),
  tables: z
    .record(z.string(), targetTable)
    .default({})
    .describe('Other names for tables in the target. Default: the same name.'),
  createTables: z
    .boolean()
    .default(true)
    .describe(
      'Whether tables that are missing are created, with local indexes; global ones come at cutover.',
    ),
  tags: z
    .record(z.string().min(1), z.string().describe('Value of the tag.'))
    .default({})
    .describe('Tags given to a table when it is created, such as system:write_isolation.'),
  existing: z
    .enum(['refuse', 'keep'])
    .default('refuse')
    .describe('What happens when a target table holds rows before the first load.'),
});

export type AlternatorOptions = z.output<typeof alternatorOptions>;

/** Name of the target table for a source table. */
export function targetTableOf(options: AlternatorOptions, table: string): string {
  return Object.hasOwn(options.tables, table) ? options.tables[table]! : table;
}
