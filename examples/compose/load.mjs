// Makes the table Music with ITEMS items (default 1000) in DynamoDB Local, for docker-compose.yaml; a table that is there
// stays as it is. DYNAMODB_ENDPOINT says where; region and credentials come from the environment, as the AWS SDK reads them.

import { env } from 'node:process';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';

const TABLE = 'Music';
const BATCH_WRITES_MAX = 25;
const items = Number(env.ITEMS ?? 1000);
const client = new DynamoDBClient({ endpoint: env.DYNAMODB_ENDPOINT });

if (await createTable()) {
  // Alone and first: DynamoDB Local writes slowly to a stream whose first record comes late.
  await client.send(new PutItemCommand({ TableName: TABLE, Item: item(0) }));
  for (let first = 1; first < items; first += BATCH_WRITES_MAX) await writeBatch(first);
  console.log(`table ${TABLE} made with ${items} items`);
} else {
  console.log(`table ${TABLE} is there`);
}
client.destroy();

/** @returns whether there was none. */
async function createTable() {
  const names = ['Artist', 'SongTitle'];
  try {
    await client.send(
      new CreateTableCommand({
        TableName: TABLE,
        AttributeDefinitions: names.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
        KeySchema: names.map((name, index) => ({
          AttributeName: name,
          KeyType: index === 0 ? 'HASH' : 'RANGE',
        })),
        BillingMode: 'PAY_PER_REQUEST',
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    );
  } catch (error) {
    if (error.name === 'ResourceInUseException') return false;
    throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: TABLE });
  return true;
}

async function writeBatch(first) {
  const numbers = Array.from(
    { length: Math.min(BATCH_WRITES_MAX, items - first) },
    (_, index) => first + index,
  );
  let requests = { [TABLE]: numbers.map((number) => ({ PutRequest: { Item: item(number) } })) };
  while (Object.keys(requests).length > 0) {
    const answer = await client.send(new BatchWriteItemCommand({ RequestItems: requests }));
    requests = answer.UnprocessedItems ?? {};
  }
}

function item(number) {
  return {
    Artist: { S: `Artist ${number % 100}` },
    SongTitle: { S: `Song ${number}` },
    Price: { N: String((number % 2000) / 100) },
    Tags: { SS: ['live', `take ${number % 7}`] },
    Plays: { L: [{ N: String(number) }] },
  };
}
