import { type CassandraOptions, type CassandraService, fetchCassandra, startCassandra } from './cassandra.ts';
import { type DynamoDbOptions, type DynamoDbService, fetchDynamoDb, startDynamoDb } from './dynamodb.ts';
import { fetchKafka, type KafkaOptions, type KafkaService, startKafka } from './kafka.ts';
import { type Progress, toStderr } from './progress.ts';
import { fetchS3, type S3Service, startS3 } from './s3.ts';
import type { LocalService } from './service.ts';

/** What a migration needs on this machine: Kafka, a table's origin, stand-ins for what it is written to. */
export interface LocalServices extends AsyncDisposable {
  readonly kafka: KafkaService;
  readonly source: DynamoDbService;
  /** Null: left out. */
  readonly target: DynamoDbService | null;
  /** Null unless asked for. */
  readonly cassandra: CassandraService | null;
}

/** All of them: what end-to-end tests need. */
export interface AllLocalServices extends LocalServices {
  readonly target: DynamoDbService;
  readonly cassandra: CassandraService;
  /** A place for exports. */
  readonly s3: S3Service;
}

export interface LocalServicesOptions {
  readonly kafka?: KafkaOptions;
  readonly source?: DynamoDbOptions;
  /** Null: {@link startLocalServices} starts none. */
  readonly target?: DynamoDbOptions | null;
  /** Left out or null: {@link startLocalServices} starts none. */
  readonly cassandra?: CassandraOptions | null;
  readonly progress?: Progress;
}

export interface FetchOptions {
  readonly s3: boolean;
  readonly cassandra: boolean;
  readonly progress?: Progress;
}

/** Fetches what {@link startLocalServices} (and, with both, {@link startAllLocalServices}) would start. */
export async function fetchLocalServices(options: FetchOptions): Promise<void> {
  const progress = options.progress ?? toStderr;
  const java = async () => {
    await fetchKafka(progress);
    await fetchDynamoDb(progress);
    if (options.cassandra) await fetchCassandra(progress);
  };
  await Promise.all([java(), options.s3 ? fetchS3(progress) : undefined]);
}

/** Starts all at once. When one fails, those that started are stopped before the error is thrown. */
export async function startLocalServices(options: LocalServicesOptions = {}): Promise<LocalServices> {
  const { progress = toStderr } = options;
  const withCassandra = options.cassandra ?? null;
  await fetchLocalServices({ s3: false, cassandra: withCassandra !== null, progress });
  return startTogether({
    kafka: startKafka(options.kafka),
    source: startDynamoDb(options.source),
    target: options.target === null ? Promise.resolve(null) : startDynamoDb(options.target),
    cassandra: withCassandra === null ? Promise.resolve(null) : startCassandra(withCassandra),
  });
}

export async function startAllLocalServices(options: LocalServicesOptions = {}): Promise<AllLocalServices> {
  await fetchLocalServices({ s3: true, cassandra: true, progress: options.progress ?? toStderr });
  return startTogether({
    kafka: startKafka(options.kafka),
    source: startDynamoDb(options.source),
    target: startDynamoDb(options.target ?? {}),
    cassandra: startCassandra(options.cassandra ?? {}),
    s3: startS3(),
  });
}

type Starting = Readonly<Record<string, Promise<LocalService | null>>>;
type Started<S extends Starting> = { [K in keyof S]: Awaited<S[K]> } & AsyncDisposable;

/** Waits for services that are starting, and gives them one end. */
async function startTogether<S extends Starting>(starting: S): Promise<Started<S>> {
  const settled = await Promise.allSettled(Object.values(starting));
  const running = settled.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : []));
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
