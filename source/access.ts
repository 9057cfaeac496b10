import { z } from 'zod';
import { type ControlClient, createControlClient } from '../dynamodb/control-client.ts';
import { credentialProvider } from '../dynamodb/credentials.ts';
import { DataClient } from '../dynamodb/data-client.ts';
import { resolveEndpoints } from '../dynamodb/endpoint.ts';

/** Options that every connector which calls the source's DynamoDB has: where it is, and who asks. */
export const accessShape = {
  region: z.string().min(1).describe('AWS region of the tables.'),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:8000' })
    .describe('Only for stand-ins of DynamoDB. Default: the endpoint of the region.')
    .exactOptional(),
  credentials: z
    .union([
      z.strictObject({
        accessKeyId: z.string().min(1).describe('Access key id.'),
        secretAccessKey: z.string().min(1).meta({ description: 'Secret access key.', secret: true }),
        sessionToken: z.string().min(1).meta({ description: 'Session token.', secret: true }).exactOptional(),
      }),
      z.strictObject({
        roleArn: z.string().min(1).describe('ARN of a role to assume.'),
        externalId: z.string().min(1).describe('External id that the role asks for.').exactOptional(),
        accessKeyId: z.string().min(1).describe('Access key id of who assumes it.').exactOptional(),
        secretAccessKey: z.string().min(1).meta({ description: 'Its secret.', secret: true }).exactOptional(),
        sessionToken: z
          .string()
          .min(1)
          .meta({ description: 'Its session token.', secret: true })
          .exactOptional(),
      }),
    ])
    .describe('Credentials for DynamoDB. Default: the chain of the AWS SDK.')
    .exactOptional(),
};

const access = z.strictObject(accessShape);
export type Access = z.infer<typeof access>;

/** The clients of one account, region and endpoint. */
export interface SourceClients {
  readonly control: ControlClient;
  /** Data calls to tables: Scan. */
  readonly tables: DataClient;
  /** Data calls to streams: GetRecords. */
  readonly streams: DataClient;
}

const CLIENTS = new Map<string, SourceClients>();

/**
 * The clients for these settings, the same for all who ask in this process: connections, signing keys and credentials are
 * shared by every task and table. Their idle sockets keep no process alive.
 */
export function clientsFor(options: Access): SourceClients {
  const { region, endpoint, credentials } = options;
  const settings = JSON.stringify([region, endpoint, credentials]);
  let clients = CLIENTS.get(settings);
  if (clients === undefined) {
    const endpoints = resolveEndpoints(region, endpoint);
    // A copy: the SDK notes in the credentials where they came from, and the options must stay what they are.
    const provider = credentialProvider(structuredClone(credentials), region);
    clients = {
      control: createControlClient({ region, endpoints, credentials: provider }),
      tables: new DataClient({ endpoint: endpoints.tables, region, credentials: provider }),
      streams: new DataClient({ endpoint: endpoints.streams, region, credentials: provider }),
    };
    CLIENTS.set(settings, clients);
  }
  return clients;
}
