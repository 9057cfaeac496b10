import { pathToFileURL } from 'node:url';
import { CreateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { startDynamoDb } from '../local/dynamodb.ts';
import { startKafka } from '../local/kafka.ts';
import { clientOf } from '../workload/table.ts';
import { type Filled, fill } from './fill.ts';
import type { WriteJob } from './jobs.ts';
import type { Measured } from './meter.ts';
import { runJob, startStub } from './processes.ts';
import { type Row, writeReport } from './report.ts';
import { partitions, readSettings, type Settings, say } from './settings.ts';
import { type Shape, tableNameOf } from './shapes.ts';

const ITEMS: Readonly<Record<Shape, number>> = { a: 400_000, b: 100_000, c: 10_000 };
/** DynamoDB Local takes some thousand items a second. */
const ITEMS_LOCAL: Readonly<Record<Shape, number>> = { a: 20_000, b: 10_000, c: 2000 };
const USUAL_SECONDS_MAX = 5;

const notes = [
  'A real Kafka broker on the same machine, topics of 12 partitions filled beforehand: for messina by its own source (Avro, lz4), for the usual loops by the usual loop (JSON).',
  'stub: a process that answers every request at once, keeps nothing, and calls itself Alternator (100 items per request, the default there). It shows the client’s cost; the server’s is not in it.',
  'DynamoDB Local: a real server, but a slow one, on the same two cores; it takes 25 items per request. What it does is the limit.',
  'messina: the product’s sink task, exactly-once positions and lanes included. usual loops: kafkajs, all partitions at once, one request after the other in each, without order or retries of their own; they end after 5 s.',
  'CPU is user + system of the whole measured process, start-up and warm-up of the work included, Kafka and target not. Of several runs the one with the least CPU per item is shown, with the highest RSS of all.',
  'Latency of messina is on the wire (undici), of the usual loops around the SDK’s send.',
];

interface Variant {
  readonly title: string;
  readonly variant: WriteJob['variant'];
  readonly batchItems: number | null;
}

const usualVariants: readonly Variant[] = [
  { title: 'DocumentClient, batches of 25', variant: 'write-document-batches', batchItems: null },
  { title: 'PutItem one by one', variant: 'write-put-item', batchItems: null },
];
const onStub: readonly Variant[] = [
  { title: 'messina', variant: 'write-messina', batchItems: null },
  { title: 'messina, batches of 25', variant: 'write-messina', batchItems: 25 },
  ...usualVariants,
];
const onLocal: readonly Variant[] = [
  { title: 'messina', variant: 'write-messina', batchItems: null },
  ...usualVariants,
];

/** Kafka → Alternator: a stub of it, and DynamoDB Local. */
export async function kafkaToAlternator(settings: Settings): Promise<void> {
  await using kafka = await startKafka();
  await using stub = await startStub('alternator-stub');
  const rows: Row[] = [];
  for (const shape of settings.shapes) {
    const filled = await fill(kafka.bootstrap, `stub-${shape}`, shape, ITEMS[shape] * settings.scale);
    rows.push(
      ...(await compare(settings, kafka.bootstrap, 'stub', `http://${stub.address}`, filled, onStub)),
    );
  }
  await using local = await startDynamoDb();
  for (const shape of settings.shapes) {
    await createTable(local.endpoint, shape);
    const filled = await fill(kafka.bootstrap, `local-${shape}`, shape, ITEMS_LOCAL[shape] * settings.scale);
    const { endpoint } = local;
    rows.push(...(await compare(settings, kafka.bootstrap, 'DynamoDB Local', endpoint, filled, onLocal)));
  }
  const report = { name: 'kafka-to-alternator', title: 'Kafka → Alternator', notes, rows };
  say(await writeReport(settings.results, report));
}

async function compare(
  settings: Settings,
  brokers: string,
  server: string,
  endpoint: string,
  { name, made }: Filled,
  variants: readonly Variant[],
): Promise<Row[]> {
  const bytesPerItem = made.bytes / made.items;
  const group = `Shape ${made.shape} → ${server}: ${made.items} items, ${Math.round(bytesPerItem)} bytes of JSON each`;
  say(group);
  const rows: Row[] = [];
  for (const [n, { title, variant, batchItems }] of variants.entries()) {
    const runs: Measured[] = [];
    for (let repeat = 0; repeat < settings.repeats; repeat++) {
      const job: WriteJob = {
        variant,
        brokers,
        partitions,
        shape: made.shape,
        name: variant === 'write-messina' ? name : `usual-${name}`,
        run: `run-${n}-${repeat}`,
        endpoint,
        items: made.items,
        bytesPerItem,
        batchItems,
        secondsMax: USUAL_SECONDS_MAX,
      };
      runs.push(await runJob(job, settings.profileTo));
    }
    rows.push({ group, variant: title, request: 'request', runs });
  }
  return rows;
}

async function createTable(endpoint: string, shape: Shape): Promise<void> {
  const table = tableNameOf(shape);
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = clientOf({ endpoint, credentials, table });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: table });
  } finally {
    client.destroy();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await kafkaToAlternator(readSettings(process.argv.slice(2)));
