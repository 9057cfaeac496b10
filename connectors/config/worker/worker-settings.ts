import { dirname, resolve } from 'node:path';
import { readProviders } from '../config-providers.ts';
import { ConfigError } from '../errors.ts';
import type { FlatProblem } from '../flat/flat.ts';
import { leavesOf } from '../flat/flat-leaves.ts';
import { concealed, invalid } from '../flat/flat-problems.ts';
import { readFlat } from '../flat/flat-read.ts';
import { unknownKey } from '../other-keys.ts';
import { resolveConfig } from '../resolve.ts';
import type { InternalTopic, KafkaSettings, WorkerSettings } from '../settings.ts';
import { workerVariables } from './worker-env.ts';
import { readWorkerFile } from './worker-file.ts';
import { type WorkerKeys, workerKeys } from './worker-keys.ts';
import { readRest } from './worker-listeners.ts';
import { readSasl } from './worker-sasl.ts';
import { passwordProblems, readTls } from './worker-tls.ts';
import { fateOf } from './worker-unused.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface WorkerReading {
  readonly settings: WorkerSettings;
  /** What is not known or not used, and what the operator should not overlook: sentences. */
  readonly warnings: readonly string[];
}

/**
 * Reads a worker's configuration: its file, and over it the `CONNECT_…` variables of the environment.
 *
 * Relative paths count from the folder of the file. No service is asked.
 *
 * @param file `.properties`, `.yaml`, `.yml` or `.json`; null: the environment alone
 * @throws ConfigError with everything that is wrong
 */
export async function loadWorkerSettings(file: string | null, env: Env): Promise<WorkerReading> {
  const written = file === null ? new Map<string, string>() : await readWorkerFile(file);
  const variables = workerVariables(env);
  const given = Object.fromEntries(
    [...written, ...[...variables].map(([key, { text }]) => [key, text] as const)]
      // Kafka trims every value (ConfigDef.parseType): a blank at the end of a line is no part of it.
      .map(([key, text]) => [key, text.trim()] as const)
      .filter(([key, text]) => text !== '' || !saysNothing(key)),
  );
  const folder = file === null ? process.cwd() : dirname(resolve(file));
  const problems: FlatProblem[] = [];
  const warnings: string[] = [];
  const providers = readProviders(given, problems);
  const { config, problems: unresolved, filled } = resolveConfig(given, { env, folder, providers });
  problems.push(...unresolved);
  const { options, problems: wrong, unknown } = readFlat(workerKeys, config, { hidden: filled });
  const told = new Set(problems.map(({ key }) => key));
  problems.push(...wrong.filter(({ key }) => !told.has(key)));
  const settings = options === null ? null : settingsOf(options, { env, folder, problems, warnings });
  warnings.push(...unknown.flatMap(warningOf));
  if (settings === null || problems.length > 0) {
    // What is missing may stand there mistyped.
    problems.push(...unknown.flatMap((key) => warningOf(key).map((message) => ({ key, message }))));
    throw refused(file, concealed(problems, config, filled), (key) => variables.get(key)?.variable ?? null);
  }
  return { settings: { ...settings, configProviders: providers, folder }, warnings };
}

/**
 * Whether a key that stands there empty is as good as left out: one that need not be there. Kafka's sample files have such lines
 * (`rest.advertised.host.name=`). An empty secret is none: it would open what it should close.
 */
function saysNothing(key: string): boolean {
  const leaf = leavesOf(workerKeys).find((one) => one.key === key);
  return leaf !== undefined && !leaf.required && !leaf.isSecret && leaf.fallback === undefined;
}

function warningOf(key: string): string[] {
  const fate = fateOf(key);
  if (fate === 'quiet') return [];
  if (fate === 'unused') return [`The configuration "${key}" is not used.`];
  const known = leavesOf(workerKeys).map((leaf) => leaf.key);
  return [unknownKey(key, known)];
}

interface Around {
  readonly env: Env;
  readonly folder: string;
  readonly problems: FlatProblem[];
  readonly warnings: string[];
}

function settingsOf(
  keys: WorkerKeys,
  { env, folder, problems, warnings }: Around,
): Omit<WorkerSettings, 'configProviders' | 'folder'> {
  const groupId = keys['group.id'];
  const session = keys['session.timeout.ms'];
  const heartbeat = keys['heartbeat.interval.ms'];
  if (heartbeat >= session) {
    const what = `it must be less than session.timeout.ms, ${session}`;
    problems.push(invalid('heartbeat.interval.ms', String(heartbeat), what));
  }
  const directory = keys['connectors.dir'];
  return {
    // Kafka's clients pass over a protocol in front (Utils.getHost): PLAINTEXT://kafka:9092.
    bootstrapServers: keys['bootstrap.servers'].map((server) => server.replace(/^[A-Z_]+:\/\//i, '')),
    groupId,
    clientId: keys['client.id'] ?? `messina-${groupId}`,
    ...readRest(keys, folder, problems, warnings),
    topics: topicsOf(keys, problems),
    keyConverter: keys['key.converter'] ?? keys['value.converter'],
    valueConverter: keys['value.converter'],
    shutdownTimeoutMs: keys['task.shutdown.graceful.timeout.ms'],
    // Kafka's sample file ends the list with a comma.
    pluginPath: keys['plugin.path'].filter((path) => path !== '').map((path) => resolve(folder, path)),
    connectorsDir: directory === undefined ? null : resolve(folder, directory),
    threads: keys['worker.threads'],
    sessionTimeoutMs: session,
    heartbeatIntervalMs: heartbeat,
    rebalanceTimeoutMs: keys['rebalance.timeout.ms'],
    topicTracking: keys['topic.tracking.enable'],
    topicTrackingReset: keys['topic.tracking.allow.reset'],
    kafka: kafkaOf(keys, { env, folder, problems, warnings }),
  };
}

function topicsOf(keys: WorkerKeys, problems: FlatProblem[]): WorkerSettings['topics'] {
  const topic = (kind: 'config' | 'offset' | 'status' | 'slots', fallback: string): InternalTopic => {
    const factor = keys[`${kind}.storage.replication.factor`];
    return {
      topic: keys[`${kind}.storage.topic`] ?? `${keys['group.id']}-${fallback}`,
      partitions: keys[`${kind}.storage.partitions`],
      replicationFactor: factor === -1 ? null : factor,
    };
  };
  const topics = {
    configs: topic('config', 'configs'),
    offsets: topic('offset', 'offsets'),
    status: topic('status', 'status'),
    slots: topic('slots', 'slots'),
  };
  const seen = new Set<string>();
  for (const [kind, { topic: name }] of Object.entries(topics)) {
    const key = `${kind.replace(/^(config|offset)s$/, '$1')}.storage.topic`;
    if (seen.has(name)) problems.push(invalid(key, name, 'it is another internal topic already'));
    seen.add(name);
  }
  return topics;
}

function kafkaOf(keys: WorkerKeys, { env, folder, problems, warnings }: Around): KafkaSettings {
  const protocol = keys['security.protocol'];
  const sasl = readSasl(keys, env, problems);
  if (keys['sasl.mechanism'] !== undefined && !protocol.startsWith('SASL_')) {
    warnings.push(`The configuration "sasl.mechanism" is not used while security.protocol is ${protocol}.`);
  }
  problems.push(...passwordProblems(keys));
  if (protocol === 'PLAINTEXT' || protocol === 'SASL_PLAINTEXT') return { tls: null, sasl };
  const { ca, cert, key } = readTls(keys, '', folder, problems);
  if ((cert === null) !== (key === null)) {
    const name = `ssl.keystore.${cert === null ? 'certificate.chain' : 'key'}`;
    problems.push({ key: name, message: `${name} is missing: a client needs its certificate and its key.` });
  }
  const checksNames = keys['ssl.endpoint.identification.algorithm'] === 'https';
  return {
    tls: {
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
      ...(checksNames ? {} : { checkHostname: false }),
    },
    sasl,
  };
}

/** @param variableOf the variable that a key came from; null: the file */
function refused(
  file: string | null,
  problems: readonly FlatProblem[],
  variableOf: (key: string) => string | null,
): ConfigError {
  const leaves = leavesOf(workerKeys);
  return new ConfigError(
    file ?? 'the environment (CONNECT_…)',
    problems.map(({ key, message }) => {
      const variable = variableOf(key);
      const leaf = leaves.find((one) => one.key === key);
      return {
        line: 0,
        column: 0,
        key: '',
        message: variable === null ? message : `${message} (from ${variable})`,
        remedy: leaf === undefined ? `Correct or remove ${key}.` : `${key}: ${leaf.documentation}`,
      };
    }),
  );
}
