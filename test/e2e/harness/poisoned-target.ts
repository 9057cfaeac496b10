import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ScanCommand,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { until } from '../kafka-testing.ts';

const index = 'ByGenre';

/**
 * Creates the target table with an index that the source has not: items whose Genre is no string are refused there, as a
 * global index refuses items that DynamoDB holds (rule C10).
 */
export async function createPoisonedTarget(client: DynamoDBClient, table: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['Artist', 'SongTitle', 'Genre'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'Artist', KeyType: 'HASH' },
        { AttributeName: 'SongTitle', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: index,
          KeySchema: [{ AttributeName: 'Genre', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: table });
}

/** Takes the index away: from now on every item is taken. */
export async function cure(client: DynamoDBClient, table: string): Promise<void> {
  await client.send(
    new UpdateTableCommand({
      TableName: table,
      GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: index } }],
    }),
  );
  await until('the index is gone', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    return Table?.GlobalSecondaryIndexes === undefined || Table.GlobalSecondaryIndexes.length === 0;
  });
}

/** Items that the index refuses. */
export async function poisonedItems(client: DynamoDBClient, table: string): Promise<number> {
  const { Count = 0 } = await client.send(
    new ScanCommand({
      TableName: table,
      Select: 'COUNT',
      FilterExpression: 'attribute_type(Genre, :number)',
      ExpressionAttributeValues: { ':number': { S: 'N' } },
    }),
  );
  return Count;
}
