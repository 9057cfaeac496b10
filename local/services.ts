import { type DynamoDbOptions, type DynamoDbService, fetchDynamoDb, startDynamoDb } from './dynamodb.ts';
import { fetchKafka, type KafkaOptions, type KafkaService, startKafka } from './kafka.ts';
import { type Progress, toStderr } from './progress.ts';
import { fetchS3, type S3Service, startS3 } from './s3.ts';
import type { LocalService } from './service.ts';

/** What a migration needs on this machine: Kafka, a table's origin, an Alternator stand-in. */
export interface LocalServices extends AsyncDisposable {
  readonly kafka: KafkaService;
  readonly source: DynamoDbService;
  readonly target: DynamoDbService;
}

/** The same with a place for exports. */
export interface LocalServicesWithS3 extends LocalServices {
  readonly s3: S3Service;
}

export interface LocalServicesOptions {
  readonly kafka?: KafkaOptions;
  readonly source?: DynamoDbOptions;
  readonly target?: DynamoDbOptions;
  readonly progress?: Progress;
}

/** Fetches what {@link startLocalServices} (and, with `s3`, {@link startLocalServicesWithS3}) would start. */
export async function fetchLocalServices(options: { s3: boolean; progress?: Progress }): Promise<void> {
  const progress = options.progress ?? toStderr;
  const java = async () => {
    await fetchKafka(progress);
    await fetchDynamoDb(progress);
  };
  await Promise.all([java(), options.s3 ? fetchS3(progress) : undefined]);
}

/** Starts all at once. When one fails, those that started are stopped before the error is thrown. */
export async function startLocalServices(options: LocalServicesOptions = {}): Promise<LocalServices> {
  await fetchLocalServices({ s3: false, progress: options.progress ?? toStderr });
  return startTogether({
    kafka: startKafka(options.kafka),
    source: startDynamoDb(options.source),
    target: startDynamoDb(options.target),
  });
}

export async function startLocalServicesWithS3(
  options: LocalServicesOptions = {},
): Promise<LocalServicesWithS3> {
  await fetchLocalServices({ s3: true, progress: options.progress ?? toStderr });
  return startTogether({
    kafka: startKafka(options.kafka),
    source: startDynamoDb(options.source),
    target: startDynamoDb(options.target),
    s3: startS3(),
  });
}

type Starting = Readonly<Record<string, Promise<LocalService>>>;
type Started<S extends Starting> = { [K in keyof S]: Awaited<S[K]> } & AsyncDisposable;

/** Waits for services that are starting, and gives them one end. */
export async function startTogether<S extends Starting>(starting: S): Promise<Started<S>> {
  const settled = await Promise.allSettled(Object.values(starting));
  const running = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stopAll = async () => {
    await Promise.all(running.map((service) => service.stop()));
  };
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await stopAll();
    throw failed.reason;
  }
  const entries = await Promise.all(
    Object.entries(starting).map(async ([name, service]) => [name, await service]),
  );
  return Object.assign(Object.fromEntries(entries), { [Symbol.asyncDispose]: stopAll });
}
