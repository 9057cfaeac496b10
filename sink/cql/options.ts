import { z } from 'zod';
import { tlsSection } from '../../connectors/tls.ts';
import { mappingDocument } from '../../schemas/cql/mapping-schema.ts';

/** A node of the cluster; its port is 9042 where none is given. */
const node = (description: string) =>
  z
    .string()
    .regex(/^([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?$/, {
      error: 'must be host or host:port, with brackets around an IPv6 address',
    })
    .describe(description);

/** Where the cluster is, and how it is spoken to. */
export const clusterOptions = z.strictObject({
  contactPoints: z
    .array(node('host:port of a node; without a port 9042.'))
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
    .record(node('Address that a node advertises.'), node('Address to use in its place.'))
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
  tls: tlsSection('TLS to the nodes; {} trusts what Node trusts. Default: no TLS.').exactOptional(),
});

/** Options of the CqlSink. The section `target` of a migration file is made of them; its mapping file is read into `mappings`. */
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
