import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { WriteJob } from '../jobs.ts';
import { type Measured, Meter } from '../meter.ts';
import { tableNameOf } from '../shapes.ts';
import { toSdkItem } from './sdk-items.ts';
import { consume, itemIn } from './usual-consumer.ts';

/** The loop one writes first: a PutItem of the SDK for each message, one after the other in each partition. */
export async function write(job: WriteJob): Promise<Measured> {
  const client = new DynamoDBClient({
    endpoint: job.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const TableName = tableNameOf(job.shape);
  const meter = new Meter();
  return consume(job, meter, async (messages, isOver, wrote) => {
    for (const message of messages) {
      if (isOver()) break;
      const sentMs = performance.now();
      await client.send(new PutItemCommand({ TableName, Item: toSdkItem(itemIn(message)) }));
      meter.took(performance.now() - sentMs);
      wrote(1);
    }
  });
}
