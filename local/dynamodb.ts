import { join } from 'node:path';
import { compileJava, fetchJars, type JarSet } from './jars.ts';
import { javaOptions } from './java.ts';
import { freePorts } from './ports.ts';
import { type Progress, toStderr } from './progress.ts';
import { type LocalService, startService } from './service.ts';
import { runTool } from './toolchain.ts';
import { workDirectory } from './work-directory.ts';

const jarSet: JarSet = { profile: 'dynamodb', version: '2.6.1', title: 'DynamoDB Local 2.6.1 (51 MB)' };

export interface DynamoDbOptions {
  /** Lets a test close shards and age streams; see LoopbackDynamoDb.java. */
  readonly testControl?: boolean;
  /** Keeps tables here; default: in memory only, also lost by `kill` and `restart`. */
  readonly directory?: string;
  readonly progress?: Progress;
}

/**
 * DynamoDB Local on the loopback.
 *
 * It differs from the service: ApproximateCreationDateTime is cut to whole minutes, there is no export and no
 * point-in-time recovery, and shards close only every four hours.
 */
export interface DynamoDbService extends LocalService {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
}

/** Fetches DynamoDB Local into the cache if it is not there. */
export async function fetchDynamoDb(
  progress: Progress = toStderr,
): Promise<{ jars: string; classes: string }> {
  const jars = await fetchJars(jarSet, progress);
  return { jars, classes: await compileJava('LoopbackDynamoDb.java', jars, progress) };
}

/**
 * Starts it. Each pair of access key id (letters and digits) and region has a database of its own, so that tests with their
 * own key see only their own tables.
 *
 * Mind its streams: a table whose first stream record comes after many records of other tables in the same database
 * takes only 80 writes a second. So write one item to each streamed table before a bulk load.
 */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<DynamoDbService> {
  const { jars, classes } = await fetchDynamoDb(options.progress);
  // Says what to install when the jars are cached and Java is gone.
  await runTool('java', ['-version']);
  const work = await workDirectory('dynamodb', options.directory);
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const command = [
    'java',
    ...javaOptions(384, work.path),
    `-Dsqlite4java.library.path=${jars}`,
    `-Djava.library.path=${jars}`,
    '-Dlog4j2.level=ERROR',
    ...(options.testControl ? ['-Dmessina.testControl=true'] : []),
    ...['-cp', `${classes}:${join(jars, '*')}`, 'LoopbackDynamoDb', '-port', String(port)],
    // On by default, it would also write a file into its working directory.
    '-disableTelemetry',
    ...(options.directory === undefined ? ['-inMemory'] : ['-dbPath', work.path]),
  ];
  // Any answer will do: unsigned requests are refused, by a server that is up.
  const ready = async () => (await fetch(endpoint, { signal: AbortSignal.timeout(1_000) })).status > 0;
  const service = await startService(
    { title: 'DynamoDB Local', command, ready },
    work,
    join(work.path, 'dynamodb.log'),
  );
  return Object.assign(service, { endpoint });
}
