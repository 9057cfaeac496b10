import type { DynamoDBClient, StreamViewType } from '@aws-sdk/client-dynamodb';
import { type ControlClient, createControlClient } from '../dynamodb/control-client.ts';
import { type CredentialsOptions, credentialProvider } from '../dynamodb/credentials.ts';
import { DataClient } from '../dynamodb/data-client.ts';
import { resolveEndpoints } from '../dynamodb/endpoint.ts';
import { createTable, type IndexSpec } from '../dynamodb/table-changes.ts';
import { waitActive } from '../dynamodb/tables.ts';
import { MUSIC_KEYS } from './keys.ts';

/** Where a table is, and with which credentials. */
export interface TableAddress {
  /** Only for stand-ins; default: the endpoint of the region. */
  readonly endpoint?: string | undefined;
  /** Default: the SDK's chain. */
  readonly credentials?: CredentialsOptions | undefined;
  /** Default `eu-central-1`. A region of DynamoDB Local has its own tables. */
  readonly region?: string | undefined;
  readonly table: string;
}

export interface MusicTableOptions {
  /** Enables the stream with this view; default: no stream. */
  readonly stream?: StreamViewType;
  /** Adds the local index `ByYear` (Artist, Year). */
  readonly localIndex?: boolean;
}

/** What a workload calls a table with; ended with it. */
export interface TableClients extends AsyncDisposable {
  readonly control: ControlClient;
  readonly data: DataClient;
}

export function clientsOf(address: TableAddress): TableClients {
  const { region = 'eu-central-1' } = address;
  const endpoints = resolveEndpoints(region, address.endpoint);
  // A copy: the SDK writes into the object it is given.
  const credentials = credentialProvider(structuredClone(address.credentials), region);
  const control = createControlClient({ region, endpoints, credentials });
  const data = new DataClient({ endpoint: endpoints.tables, region, credentials });
  return {
    control,
    data,
    async [Symbol.asyncDispose]() {
      control[Symbol.dispose]();
      await data[Symbol.asyncDispose]();
    },
  };
}

/** The SDK's client alone, for calls that no workload makes; whoever asks ends it. */
export function clientOf(address: TableAddress): DynamoDBClient {
  return clientsOf(address).control.tables;
}

/** Creates a table with partition key `Artist` and sort key `SongTitle`, both strings, and waits until it is there. */
export async function createMusicTable(
  address: TableAddress,
  options: MusicTableOptions = {},
): Promise<void> {
  await using clients = clientsOf(address);
  await createTable(clients.control, {
    name: address.table,
    keySchema: MUSIC_KEYS,
    ...(options.localIndex ? { localIndexes: [byYear] } : {}),
    ...(options.stream ? { streamViewType: options.stream } : {}),
  });
  await waitActive(clients.control, address.table, undefined, { pollIntervalMs: 100 });
}

const byYear: IndexSpec = {
  name: 'ByYear',
  keySchema: [
    { name: 'Artist', type: 'S' },
    { name: 'Year', type: 'N' },
  ],
  // Copies in local indexes count towards an item's 400 KB.
  projection: { type: 'KEYS_ONLY', attributes: [] },
};
