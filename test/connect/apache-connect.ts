import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchJars, type JarSet } from '../../local/jars.ts';
import { javaOptions } from '../../local/java.ts';
import { freePorts } from '../../local/ports.ts';
import { type Progress, toStderr } from '../../local/progress.ts';
import { type LocalService, startService } from '../../local/service.ts';
import { workDirectory } from '../../local/work-directory.ts';

/** The same version as the broker's. */
const jarSet: JarSet = { profile: 'connect', version: '4.3.1', title: 'Kafka Connect 4.3.1 (37 MB)' };

export interface ApacheConnectOptions {
  /** `127.0.0.1:port` of a Kafka that runs. */
  readonly bootstrap: string;
  /** Of the worker group and its internal topics; two workers with the same one share connectors. */
  readonly groupId: string;
  /** Worker settings over our own, by their names in `connect-distributed.properties`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly progress?: Progress;
}

/** A worker of Apache Kafka Connect on the loopback, with its file connectors. */
export interface ApacheConnect extends LocalService {
  /** Root of its REST API. */
  readonly url: string;
  /** Its own folder, for the files that connectors read and write. */
  readonly directory: string;
}

/** Starts Apache Kafka Connect, distributed, as a child process; resolves when it calls itself healthy. */
export async function startApacheConnect(options: ApacheConnectOptions): Promise<ApacheConnect> {
  const jars = await fetchJars(jarSet, options.progress ?? toStderr);
  const work = await workDirectory('connect', undefined);
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const properties = join(work.path, 'worker.properties');
  await writeFile(properties, propertiesText({ ...workerSettings(options, port!), ...options.settings }));
  const command = [
    'java',
    ...javaOptions(384, work.path),
    '-XX:TieredStopAtLevel=1',
    '-Dlog4j2.level=WARN',
    '-cp',
    join(jars, '*'),
    'org.apache.kafka.connect.cli.ConnectDistributed',
    properties,
  ];
  const ready = async () => (await fetch(`${url}/health`)).status === 200;
  const log = join(work.path, 'connect.log');
  const service = await startService({ title: 'Kafka Connect', command, ready }, work, log);
  return Object.assign(service, { url, directory: work.path });
}

function workerSettings(options: ApacheConnectOptions, port: number): Record<string, string> {
  const { bootstrap, groupId } = options;
  return {
    'bootstrap.servers': bootstrap,
    'group.id': groupId,
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'config.storage.topic': `${groupId}-configs`,
    'config.storage.replication.factor': '1',
    'offset.storage.topic': `${groupId}-offsets`,
    'offset.storage.replication.factor': '1',
    'offset.storage.partitions': '1',
    'status.storage.topic': `${groupId}-status`,
    'status.storage.replication.factor': '1',
    'status.storage.partitions': '1',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'offset.flush.interval.ms': '500',
    'plugin.discovery': 'service_load',
    // A member that leaves is replaced at once: nobody here waits for it to come back.
    'scheduled.rebalance.max.delay.ms': '0',
  };
}

function propertiesText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
