import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cassandraAnswers } from './cassandra-ready.ts';
import { cassandraLogging, cassandraModules, cassandraSettings } from './cassandra-settings.ts';
import { fetchJars, type JarSet } from './jars.ts';
import { javaOptions } from './java.ts';
import { freePorts } from './ports.ts';
import { type Progress, toStderr } from './progress.ts';
import { type LocalService, startService } from './service.ts';
import { runTool } from './toolchain.ts';
import { workDirectory } from './work-directory.ts';

const jarSet: JarSet = { profile: 'cassandra', version: '5.0.9', title: 'Cassandra 5.0.9 (67 MB)' };

/** What is left out of start and stop: waiting for other nodes, for a ring, for caches. */
const alone = [
  '-Dcassandra.shutdown_announce_in_ms=0',
  '-Dcassandra.skip_wait_for_gossip_to_settle=0',
  '-Dcassandra.ring_delay_ms=100',
  '-Dcassandra.superuser_setup_delay_ms=0',
  '-Dcassandra.load_ring_state=false',
  '-Dcassandra.disable_auth_caches_remote_configuration=true',
  '-Dcassandra.available_processors=2',
];

export interface CassandraOptions {
  /** Asks for a password: user `cassandra`, password `cassandra`. Default false: lets everybody in. */
  readonly authenticator?: boolean;
  /** Keeps data here, also for a later start; default: a temporary directory that goes with the service. */
  readonly directory?: string;
  readonly progress?: Progress;
}

/** One Cassandra node on the loopback, without JMX. `restart` keeps port and data, also after `kill`. */
export interface CassandraService extends LocalService {
  /** `127.0.0.1:port` */
  readonly contactPoint: string;
  /** Name of its only data centre. */
  readonly datacenter: string;
}

/** Fetches Cassandra into the cache if it is not there. Returns the folder of its jars. */
export function fetchCassandra(progress: Progress = toStderr): Promise<string> {
  return fetchJars(jarSet, progress);
}

export async function startCassandra(options: CassandraOptions = {}): Promise<CassandraService> {
  const jars = await fetchCassandra(options.progress);
  // Says what to install when the jars are cached and Java is gone.
  await runTool('java', ['-version']);
  const work = await workDirectory('cassandra', options.directory);
  const [port, storagePort] = await freePorts(2);
  const settings = cassandraSettings(
    work.path,
    { port: port!, storagePort: storagePort! },
    options.authenticator ?? false,
  );
  const configuration = join(work.path, 'conf');
  await mkdir(configuration, { recursive: true });
  await writeFile(join(configuration, 'cassandra.yaml'), settings);
  await writeFile(join(configuration, 'logback.xml'), cassandraLogging);
  const service = await startService(
    {
      title: 'Cassandra',
      command: commandOf(work.path, configuration, jars),
      ready: () => cassandraAnswers(port!),
    },
    work,
    join(work.path, 'cassandra.log'),
  );
  return Object.assign(service, { contactPoint: `127.0.0.1:${port}`, datacenter: 'datacenter1' });
}

function commandOf(directory: string, configuration: string, jars: string): string[] {
  return [
    'java',
    ...javaOptions(512, directory),
    '-Xss512k',
    '-XX:+ExitOnOutOfMemoryError',
    ...cassandraModules,
    // It sets a security manager, which later JDKs allow only when told.
    '-Djava.security.manager=allow',
    '-Djdk.attach.allowAttachSelf=true',
    ...['-Djna.nosys=true', `-Djna.tmpdir=${directory}`],
    `-Dcassandra.config=${pathToFileURL(join(configuration, 'cassandra.yaml')).href}`,
    `-Dlogback.configurationFile=${join(configuration, 'logback.xml')}`,
    `-Dcassandra.storagedir=${directory}`,
    `-Dcassandra.logdir=${directory}`,
    '-Dcassandra-foreground=yes',
    ...alone,
    '-cp',
    `${configuration}:${join(jars, '*')}`,
    'org.apache.cassandra.service.CassandraDaemon',
  ];
}
