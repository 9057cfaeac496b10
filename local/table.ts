import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  type StreamViewType,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';

/** Where a table is: a local DynamoDB, and with which credentials. */
export interface TableAddress {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Default `eu-central-1`. Without `sharedDb` a region has its own tables. */
  readonly region?: string;
  readonly table: string;
}

export interface MusicTableOptions {
  /** Enables the stream with this view; default: no stream. */
  readonly stream?: StreamViewType;
  /** Adds the local index `ByYear` (Artist, Year). */
  readonly localIndex?: boolean;
}

export function clientOf(address: TableAddress): DynamoDBClient {
  const { endpoint, credentials, region = 'eu-central-1' } = address;
  // The SDK writes into the object it is given.
  return new DynamoDBClient({ endpoint, credentials: { ...credentials }, region });
}

/** Creates a table with partition key `Artist` and sort key `SongTitle`, both strings, and waits until it is there. */
export async function createMusicTable(
  address: TableAddress,
  options: MusicTableOptions = {},
): Promise<void> {
  const input: CreateTableCommandInput = {
    TableName: address.table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'Artist', AttributeType: 'S' },
      { AttributeName: 'SongTitle', AttributeType: 'S' },
      ...(options.localIndex ? [{ AttributeName: 'Year', AttributeType: 'N' } as const] : []),
    ],
    KeySchema: [
      { AttributeName: 'Artist', KeyType: 'HASH' },
      { AttributeName: 'SongTitle', KeyType: 'RANGE' },
    ],
    ...(options.localIndex ? { LocalSecondaryIndexes: [byYear] } : {}),
    ...(options.stream
      ? { StreamSpecification: { StreamEnabled: true, StreamViewType: options.stream } }
      : {}),
  };
  const client = clientOf(address);
  try {
    await client.send(new CreateTableCommand(input));
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: address.table });
  } finally {
    client.destroy();
  }
}

const byYear: NonNullable<CreateTableCommandInput['LocalSecondaryIndexes']>[number] = {
  IndexName: 'ByYear',
  KeySchema: [
    { AttributeName: 'Artist', KeyType: 'HASH' },
    { AttributeName: 'Year', KeyType: 'RANGE' },
  ],
  // Copies in local indexes count towards an item's 400 KB.
  Projection: { ProjectionType: 'KEYS_ONLY' },
};
