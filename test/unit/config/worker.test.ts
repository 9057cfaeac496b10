import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../connectors/config/errors.ts';
import { tlsOptions } from '../../../connectors/config/tls-options.ts';
import { loadWorkerSettings } from '../../../connectors/config/worker/worker-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'messina-worker-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Env = Readonly<Record<string, string>>;

const base: Env = { CONNECT_BOOTSTRAP_SERVERS: '127.0.0.1:9092', CONNECT_GROUP_ID: 'g' };
const load = (env: Env = {}, file: string | null = null) => loadWorkerSettings(file, { ...base, ...env });
const settings = async (env: Env = {}) => (await load(env)).settings;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function refusal(env: Env, path: string | null = null): Promise<ConfigError> {
  const thrown = await load(env, path).then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof ConfigError) return thrown;
  throw new Error('nothing was refused', { cause: thrown });
}

const messages = async (env: Env, path: string | null = null) =>
  (await refusal(env, path)).problems.map(({ message }) => message);

describe('the configuration of a worker', () => {
  test('has defaults for all but brokers and group', async () => {
    expect(await load()).toMatchObject({
      warnings: [],
      settings: {
        bootstrapServers: ['127.0.0.1:9092'],
        groupId: 'g',
        clientId: 'messina-g',
        listeners: ['http://127.0.0.1:8083'],
        advertisedUrl: 'http://127.0.0.1:8083',
        restAuthToken: null,
        restTls: null,
        topics: {
          configs: { topic: 'g-configs', partitions: 1, replicationFactor: null },
          offsets: { topic: 'g-offsets', partitions: 25, replicationFactor: null },
          status: { topic: 'g-status', partitions: 5, replicationFactor: null },
          slots: { topic: 'g-slots', partitions: 24, replicationFactor: null },
        },
        valueConverter: 'AvroConverter',
        shutdownTimeoutMs: 5000,
        pluginPath: [],
        connectorsDir: null,
        threads: 0,
        sessionTimeoutMs: 10_000,
        heartbeatIntervalMs: 1000,
        rebalanceTimeoutMs: 60_000,
        topicTracking: true,
        topicTrackingReset: true,
        kafka: { tls: null, sasl: null },
        configProviders: { env: 'env', file: 'file', directory: 'directory' },
      },
    });
  });

  test.each([
    ['w.properties', 'worker.threads=2\nplugin.path=a,\\\n  b\nclient.id=1.10\n'],
    ['w.yaml', 'worker: {threads: 2}\nplugin.path: [a, b]\nclient:\n  id: 1.10\n'],
    ['w.yml', 'worker.threads: 2\nplugin:\n  path: a, b\nclient.id: "1.10"\n'],
    ['w.json', '{"worker": {"threads": 2}, "plugin.path": ["a", "b"], "client": {"id": "1.10"}}'],
  ])('is read from %s', async (name, text) => {
    const { settings, warnings } = await load({}, file(name, text));
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      threads: 2,
      clientId: '1.10',
      pluginPath: [join(folder, 'a'), join(folder, 'b')],
      folder,
    });
  });

  test('is overlaid by the environment, where empty variables say nothing', async () => {
    const path = file('o.properties', 'group.id=file\nbootstrap.servers=a:1\nclient.id=c\n');
    const env = { CONNECT_GROUP_ID: 'env', CONNECT_CLIENT_ID: '', CONNECT_LOG4J_ROOT_LOGLEVEL: 'INFO' };
    const { settings, warnings } = await load(env, path);
    expect(settings).toMatchObject({ groupId: 'env', clientId: 'c' });
    expect(warnings).toEqual([]);
  });

  test('fills placeholders, under the names of its providers too', async () => {
    writeFileSync(join(folder, 'token'), 'from-directory');
    const path = file(
      'p.properties',
      'config.providers=dir\nconfig.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider\nrest.auth.token=${dir:.:token}\nclient.id=${env:WHO}-${topic}\n',
    );
    const { settings } = await load({ WHO: 'me' }, path);
    expect(settings).toMatchObject({ restAuthToken: 'from-directory', clientId: 'me-${topic}' });
    expect(settings.configProviders).toMatchObject({ dir: 'directory', env: 'env' });
  });

  test('is read as Kafka reads it: blanks at the end, empty lines of its sample, a protocol before a broker', async () => {
    const path = file(
      'kafka.properties',
      [
        'bootstrap.servers=PLAINTEXT://kafka:9092, SASL_SSL://[::1]:9093',
        'group.id=connect-cluster ',
        'security.protocol=PLAINTEXT ',
        'rest.advertised.host.name=',
        'rest.advertised.port=',
        'rest.advertised.listener=',
        'connectors.dir=',
        'plugin.path=/opt/connectors,/opt/more,',
      ].join('\n'),
    );
    const { settings } = await loadWorkerSettings(path, {});
    expect(settings).toMatchObject({
      bootstrapServers: ['kafka:9092', '[::1]:9093'],
      groupId: 'connect-cluster',
      advertisedUrl: 'http://127.0.0.1:8083',
      connectorsDir: null,
      pluginPath: ['/opt/connectors', '/opt/more'],
    });
  });

  test.each([
    [{ CONNECT_REST_ADVERTISED_HOST_NAME: '::1' }, 'http://[::1]:8083'],
    [{ CONNECT_REST_HOST_NAME: '::1', CONNECT_REST_PORT: '9' }, 'http://[::1]:9'],
    [{ CONNECT_REST_ADVERTISED_HOST_NAME: 'h', CONNECT_REST_ADVERTISED_PORT: '9' }, 'http://h:9'],
  ])('%j makes it known as %s', async (env, url) => {
    expect((await load(env as unknown as Env)).settings.advertisedUrl).toBe(url);
  });

  test('warns of what is not known, and passes what Kafka Connect has', async () => {
    const { warnings } = await load({
      CONNECT_GROUPID: 'x',
      CONNECT_PRODUCER_ACKS: 'all',
      CONNECT_PLUGIN_DISCOVERY: 'only_scan',
      CONNECT_INTERNAL_KEY_CONVERTER: 'x',
      CONNECT_PRODUCER_SECURITY_PROTOCOL: 'SASL_SSL',
    });
    expect(warnings).toEqual([
      'The configuration "groupid" is not known, and not used. Did you mean "group.id"?',
      'The configuration "producer.acks" is not used.',
    ]);
  });
});

describe('a wrong value', () => {
  test('that lacks a key says which may have been meant for it', async () => {
    expect(await messages({ CONNECT_GROUP_ID: '' }, file('mistyped.properties', 'groupid=g'))).toEqual([
      expect.stringContaining('group.id'),
      'The configuration "groupid" is not known, and not used. Did you mean "group.id"?',
    ]);
  });

  test('is told with its key, the variable it came from and what the key is', async () => {
    const { file: from, problems } = await refusal({ CONNECT_WORKER_THREADS: 'many' });
    expect(from).toBe('the environment (CONNECT_…)');
    expect(problems).toEqual([
      {
        line: 0,
        column: 0,
        key: '',
        message:
          'Invalid value many for configuration worker.threads: Not a number of type INT (from CONNECT_WORKER_THREADS)',
        remedy: 'worker.threads: Threads that tasks run in; 0: the main thread.',
      },
    ]);
  });

  test.each([
    [{ CONNECT_BOOTSTRAP_SERVERS: 'localhost' }, /bootstrap\.servers: at \[0\]: must be host:port/],
    [{ CONNECT_LISTENERS: 'tcp://x:1' }, /listeners: at \[0\]: must be http:\/\/host:port/],
    [{ CONNECT_LISTENERS: 'http://x:99999' }, /listeners: 99999 is no port/],
    [{ CONNECT_CONFIG_STORAGE_PARTITIONS: '2' }, /Value must be no more than 1/],
    [
      { CONNECT_STATUS_STORAGE_TOPIC: 'g-configs' },
      /status\.storage\.topic: it is another internal topic already/,
    ],
    [{ CONNECT_HEARTBEAT_INTERVAL_MS: '10000' }, /must be less than session\.timeout\.ms, 10000/],
    [{ CONNECT_REST_ADVERTISED_LISTENER: 'https' }, /none of listeners is one of https/],
    [{ CONNECT_CLIENT_ID: '${env:NO_SUCH}' }, /needs the environment variable NO_SUCH, which is not set/],
    [
      { CONNECT_REST_AUTH_TOKEN: '${file:/no/such:key}' },
      /rest\.auth\.token: it names a file that cannot be read \(ENOENT\): \$\{file:\/no\/such:key\}/,
    ],
    [{ CONNECT_REST_AUTH_TOKEN: ' ' }, /rest\.auth\.token: String must be non-empty/],
    [{ CONNECT_REST_ADVERTISED_HOST_NAME: 'my host' }, /must be the name or the address of a host/],
    [
      { CONNECT_CONFIG_PROVIDERS: 'vault' },
      /Missing required configuration "config\.providers\.vault\.class"/,
    ],
    [
      { CONNECT_CONFIG_PROVIDERS: 'vault', CONNECT_CONFIG_PROVIDERS_VAULT_CLASS: 'x.VaultProvider' },
      /there is no such provider\. One of: EnvVarConfigProvider/,
    ],
    [{ CONNECT_LISTENERS: 'https://127.0.0.1:0' }, /"listeners\.https\.ssl\.keystore\.certificate\.chain"/],
  ])('%j is refused', async (env, message) => {
    const [first, ...others] = await messages(env as unknown as Env);
    expect(first).toMatch(message);
    expect(others).toEqual([]);
  });

  test('that a placeholder filled is in no message', async () => {
    const env = { SECRET: 'http://geheim:99999', CONNECT_LISTENERS: '${env:SECRET}' };
    const texts = await messages(env);
    expect(texts).toHaveLength(1);
    expect(texts.join()).not.toContain('geheim');
  });

  test.each([
    ['no-such.yaml', null, 'cannot be read (ENOENT)', 0],
    ['w.txt', 'a=b', 'has an ending that says nothing', 0],
    ['bad.json', '{', 'is no JSON', 0],
    ['list.json', '[]', 'is not a mapping of keys', 0],
    ['bad.yaml', 'a: 1\nb: [', 'is no YAML', 2],
  ])('the file %s is refused', async (name, text, message, line) => {
    const path = text === null ? join(folder, name) : file(name, text);
    const { problems } = await refusal({}, path);
    expect(problems[0]?.message).toContain(message);
    expect(problems[0]?.line).toBeGreaterThanOrEqual(line);
  });
});

describe('the REST API', () => {
  test('has the host of every address advertised by the name of the machine', async () => {
    const listening = { CONNECT_LISTENERS: 'http://:0,HTTP://127.0.0.1:8084', CONNECT_REST_AUTH_TOKEN: 't' };
    const { settings, warnings } = await load(listening);
    expect(settings.listeners).toEqual(['http://0.0.0.0:0', 'http://127.0.0.1:8084']);
    expect(settings.advertisedUrl).toBe(`http://${hostname()}:0`);
    expect(warnings).toEqual([]);
  });

  test('is advertised as the configuration says', async () => {
    const env = { CONNECT_REST_ADVERTISED_HOST_NAME: 'worker-1', CONNECT_REST_ADVERTISED_PORT: '80' };
    expect(await settings(env)).toMatchObject({ advertisedUrl: 'http://worker-1:80' });
  });

  test('takes the old names of host and port', async () => {
    expect((await settings({ CONNECT_REST_PORT: '8085' })).listeners).toEqual(['http://127.0.0.1:8085']);
  });

  test('says loudly that it is open elsewhere than on loopback', async () => {
    const { warnings } = await load({ CONNECT_LISTENERS: 'http://0.0.0.0:8083' });
    expect(warnings.join()).toMatch(/^THE REST API IS OPEN: http:\/\/0\.0\.0\.0:8083/);
  });
});

describe('TLS', () => {
  const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
  const key = '-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----';
  const store = file('store.pem', `${key}\n${certificate}\n${certificate}\n`);

  test('takes certificates and key out of one PEM file', async () => {
    const { kafka } = await settings({
      CONNECT_SECURITY_PROTOCOL: 'SSL',
      CONNECT_SSL_KEYSTORE_LOCATION: store,
      CONNECT_SSL_TRUSTSTORE_CERTIFICATES: certificate.replaceAll('\n', '\\n'),
    });
    expect(kafka.tls).toEqual({
      ca: `${certificate}\n`,
      cert: `${certificate}\n${certificate}\n`,
      key: `${key}\n`,
    });
  });

  test('checks names unless told not to, and certificates always', async () => {
    const path = file('n.properties', 'security.protocol=SSL\nssl.endpoint.identification.algorithm=\n');
    const { settings } = await load({}, path);
    expect(settings.kafka.tls).toEqual({ checkHostname: false });
    expect(tlsOptions(settings.kafka)).toEqual({ checkServerIdentity: expect.any(Function) });
  });

  test('https listeners have their own, or that of the client', async () => {
    const listeners = { CONNECT_LISTENERS: 'https://127.0.0.1:0' };
    const own = await settings({ ...listeners, CONNECT_LISTENERS_HTTPS_SSL_KEYSTORE_LOCATION: store });
    expect(own.restTls).toEqual({ cert: `${certificate}\n${certificate}\n`, key: `${key}\n`, ca: null });
    const shared = await settings({ ...listeners, CONNECT_SSL_KEYSTORE_LOCATION: store });
    expect(shared.restTls).toEqual(own.restTls);
  });

  test.each([
    [{ CONNECT_SSL_KEYSTORE_TYPE: 'JKS' }, /only PEM is read\. Convert it once/],
    [{ CONNECT_SSL_TRUSTSTORE_LOCATION: join(folder, 'none') }, /the file cannot be read/],
    [{ CONNECT_SSL_KEYSTORE_KEY: 'geheim' }, /Invalid value \[hidden\] for configuration ssl\.keystore\.key/],
    [{ CONNECT_SSL_KEYSTORE_PASSWORD: 'geheim' }, /only PEM without a password is read/],
  ])('%j is refused', async (env, message) => {
    const texts = await messages({ CONNECT_SECURITY_PROTOCOL: 'SSL', ...env } as unknown as Env);
    expect(texts.join('\n')).toMatch(message);
    expect(texts.join('\n')).not.toContain('geheim');
  });
});

describe('SASL', () => {
  const plain =
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p\\"w;";';
  const sasl = (mechanism: string, more: Env = {}) =>
    settings({ CONNECT_SECURITY_PROTOCOL: 'SASL_SSL', CONNECT_SASL_MECHANISM: mechanism, ...more });

  test.each([
    ['PLAIN', { CONNECT_SASL_JAAS_CONFIG: plain }, { mechanism: 'plain', username: 'u', password: 'p"w;' }],
    [
      'SCRAM-SHA-512',
      { CONNECT_SASL_USERNAME: 'u', CONNECT_SASL_PASSWORD: 'p' },
      { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
    ],
    [
      'OAUTHBEARER',
      {
        CONNECT_SASL_JAAS_CONFIG:
          'x.OAuthBearerLoginModule required clientId=\'c\' clientSecret=s scope="a b" ;',
        CONNECT_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: 'https://id.example/token',
      },
      {
        mechanism: 'oauthbearer',
        tokenEndpoint: 'https://id.example/token',
        clientId: 'c',
        clientSecret: 's',
        scope: 'a b',
      },
    ],
    [
      'AWS_MSK_IAM',
      {
        AWS_REGION: 'eu-central-1',
        CONNECT_SASL_JAAS_CONFIG: 'software.amazon.msk.auth.iam.IAMLoginModule required;',
      },
      { mechanism: 'aws-iam', region: 'eu-central-1' },
    ],
  ])('%s is read', async (mechanism, env, expected) => {
    expect((await sasl(mechanism, env as unknown as Env)).kafka.sasl).toEqual(expected);
  });

  test.each([
    ['PLAIN', {}, /Missing required configuration "sasl\.username"/],
    [
      'PLAIN',
      { CONNECT_SASL_JAAS_CONFIG: 'geheim' },
      /it is not of the form …PlainLoginModule required key="value" …;/,
    ],
    [
      'SCRAM-SHA-256',
      { CONNECT_SASL_JAAS_CONFIG: plain },
      /it names PlainLoginModule; SCRAM-SHA-256 has ScramLoginModule/,
    ],
    ['GSSAPI', {}, /String must be one of: PLAIN, SCRAM-SHA-256/],
    ['AWS_MSK_IAM', {}, /"sasl\.aws\.region" which has no default value\. AWS_REGION/],
    [
      'AWS_MSK_IAM',
      { CONNECT_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', AWS_REGION: 'r' },
      /needs TLS\. Set it to SASL_SSL/,
    ],
  ])('%s with %j is refused', async (mechanism, env, message) => {
    const all = { CONNECT_SECURITY_PROTOCOL: 'SASL_SSL', CONNECT_SASL_MECHANISM: mechanism, ...env };
    const texts = (await messages(all as unknown as Env)).join('\n');
    expect(texts).toMatch(message);
    expect(texts).not.toMatch(/geheim|p\\"w/);
  });
});
