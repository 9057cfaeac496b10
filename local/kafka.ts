import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fetchJars, type JarSet } from './jars.ts';
import { javaOptions } from './java.ts';
import { kafkaAnswers } from './kafka-ready.ts';
import { kafkaSettings } from './kafka-settings.ts';
import { freePorts } from './ports.ts';
import { type Progress, toStderr } from './progress.ts';
import { type LocalService, startService } from './service.ts';
import { runTool } from './toolchain.ts';
import { workDirectory } from './work-directory.ts';

const jarSet: JarSet = { profile: 'kafka', version: '4.3.1', title: 'Kafka 4.3.1 (37 MB)' };

/** 22 characters of base64, as `StorageTool random-uuid` makes them; every node of ours may have the same. */
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qk';

const quietLogging = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
];

export interface KafkaOptions {
  /** Keeps data here, also for a later start; default: a temporary directory that goes with the service. */
  readonly directory?: string;
  /** Default: a free port. */
  readonly port?: number;
  /** Broker settings over our own, by their names in `server.properties`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** More arguments of StorageTool's `format`, such as the users of SCRAM. */
  readonly formatWith?: readonly string[];
  readonly progress?: Progress;
}

/** One Kafka broker on the loopback. `restart` keeps port and data. */
export interface KafkaService extends LocalService {
  /** `127.0.0.1:port` */
  readonly bootstrap: string;
}

/** Fetches Kafka into the cache if it is not there. Returns the folder of its jars. */
export function fetchKafka(progress: Progress = toStderr): Promise<string> {
  return fetchJars(jarSet, progress);
}

export async function startKafka(options: KafkaOptions = {}): Promise<KafkaService> {
  const jars = await fetchKafka(options.progress);
  const work = await workDirectory('kafka', options.directory);
  const [first, controllerPort] = await freePorts(2);
  const port = options.port ?? first!;
  const settings = join(work.path, 'server.properties');
  await writeFile(
    settings,
    kafkaSettings(work.path, { port, controllerPort: controllerPort! }, options.settings ?? {}),
  );
  const classpath = ['-cp', join(jars, '*')];
  await formatStorage(classpath, settings, options.formatWith ?? []).catch(async (error: unknown) => {
    await work.remove();
    throw error;
  });
  const command = [
    'java',
    ...javaOptions(512, work.path),
    ...quietLogging,
    ...classpath,
    'kafka.Kafka',
    settings,
  ];
  const ready = () => kafkaAnswers(port);
  const service = await startService({ title: 'Kafka', command, ready }, work, join(work.path, 'kafka.log'));
  return Object.assign(service, { bootstrap: `127.0.0.1:${port}` });
}

/** Prepares the directories that the settings name; those of an earlier run stay as they are. */
async function formatStorage(
  classpath: readonly string[],
  settings: string,
  more: readonly string[],
): Promise<void> {
  const format = ['kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', clusterId, '-c', settings];
  await runTool('java', [
    ...javaOptions(256, dirname(settings)),
    '-XX:TieredStopAtLevel=1',
    ...quietLogging,
    ...classpath,
    ...format,
    ...more,
  ]);
}
