import { z } from 'zod';
import { mappingDocument } from '../../schemas/cql/mapping-schema.ts';

const pemFile = (description: string) => z.string().min(1).meta({ description, path: true });

const tls = z
  .strictObject({
    ca: pemFile(
      'File of the certificate authorities to trust (PEM). Default: those of Node.',
    ).exactOptional(),
    cert: pemFile('File of the client certificate (PEM).').exactOptional(),
    key: z
      .string()
      .min(1)
      .meta({ description: 'File of the client key (PEM).', path: true, secret: true })
      .exactOptional(),
    rejectUnauthorized: z
      .boolean()
      .default(true)
      .describe('Whether a server whose certificate is not trusted is refused.'),
  })
  .describe('TLS to the nodes; {} trusts what Node trusts. Default: no TLS.');

/** Where the cluster is, and how it is spoken to. */
const clusterOptions = z.strictObject({
  contactPoints: z
    .array(
      z
        .string()
        .regex(/^([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?$/, { error: 'must be host or host:port' })
        .describe('host:port of a node. Default port: 9042.'),
    )
    .min(1)
    .describe('Nodes to begin with.'),
  discovery: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe('off: only the nodes named here are used, as behind a mapped port.'),
  localDataCenter: z
    .string()
    .min(1)
    .describe('Data centre whose nodes are used. Default: that of the first node that answers.')
    .exactOptional(),
  addressTranslation: z
    .record(z.string().min(1), z.string().min(1).describe('Address to use in its place.'))
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
  username: z.string().min(1).describe('User name.').exactOptional(),
  password: z.string().min(1).meta({ description: 'Password.', secret: true }).exactOptional(),
  tls: tls.exactOptional(),
});

/** Options of the CqlSink; the section `target` of a migration file, its mapping file read into `mappings`. */
export const cqlOptions = clusterOptions.extend({
  createTables: z.boolean().default(true).describe('Whether tables that are missing are created.'),
  existing: z
    .enum(['refuse', 'keep'])
    .default('refuse')
    .describe('What happens when a target table holds rows before the first load.'),
  mappings: z
    .array(mappingDocument)
    .default([])
    .describe(
      'What becomes of single tables. Default: the key columns, and the attributes as DynamoDB JSON.',
    ),
});

export type ClusterOptions = z.output<typeof clusterOptions>;
export type CqlOptions = z.output<typeof cqlOptions>;
