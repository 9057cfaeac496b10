import type { FlatProblem } from '../flat/flat.ts';
import { invalid, missing } from '../flat/flat-problems.ts';
import { type JaasConfig, parseJaas } from '../jaas.ts';
import type { SaslSettings } from '../settings.ts';
import type { WorkerKeys } from './worker-keys.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** How to log in to the brokers; null where `security.protocol` asks for no login, or something is wrong. */
export function readSasl(keys: WorkerKeys, env: Env, problems: FlatProblem[]): SaslSettings | null {
  if (!keys['security.protocol'].startsWith('SASL_')) return null;
  const mechanism = keys['sasl.mechanism'];
  if (mechanism === undefined) {
    problems.push(missing('sasl.mechanism'));
    return null;
  }
  const jaas = jaasOf(keys, problems);
  switch (mechanism) {
    case 'OAUTHBEARER':
      return readOauth(keys, jaas, problems);
    case 'AWS_MSK_IAM':
      return readIam(keys, env, problems);
    default:
      return readPassword(keys, mechanism, jaas, problems);
  }
}

/** The login module that each mechanism has in Kafka. */
const modules: Readonly<Record<NonNullable<WorkerKeys['sasl.mechanism']>, string>> = {
  PLAIN: 'PlainLoginModule',
  'SCRAM-SHA-256': 'ScramLoginModule',
  'SCRAM-SHA-512': 'ScramLoginModule',
  OAUTHBEARER: 'OAuthBearerLoginModule',
  AWS_MSK_IAM: 'IAMLoginModule',
};

function jaasOf(keys: WorkerKeys, problems: FlatProblem[]): JaasConfig['options'] {
  const text = keys['sasl.jaas.config'];
  const mechanism = keys['sasl.mechanism'];
  if (text === undefined || mechanism === undefined) return new Map();
  const jaas = parseJaas(text);
  const expected = modules[mechanism];
  if (jaas?.module === expected) return jaas.options;
  const what =
    jaas === null
      ? `it is not of the form …${expected} required key="value" …;`
      : `it names ${jaas.module}; ${mechanism} has ${expected}`;
  problems.push(invalid('sasl.jaas.config', text, what, true));
  return new Map();
}

function readPassword(
  keys: WorkerKeys,
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
  jaas: JaasConfig['options'],
  problems: FlatProblem[],
): SaslSettings | null {
  const username = keys['sasl.username'] ?? jaas.get('username');
  const password = keys['sasl.password'] ?? jaas.get('password');
  if (username === undefined) problems.push(withJaas('sasl.username', 'username'));
  if (password === undefined) problems.push(withJaas('sasl.password', 'password'));
  if (username === undefined || password === undefined) return null;
  const names = {
    PLAIN: 'plain',
    'SCRAM-SHA-256': 'scram-sha-256',
    'SCRAM-SHA-512': 'scram-sha-512',
  } as const;
  return { mechanism: names[mechanism], username, password };
}

const withJaas = (key: string, option: string): FlatProblem => ({
  key,
  message: `${missing(key).message} It may stand in sasl.jaas.config too, as ${option}="…"`,
});

function readOauth(
  keys: WorkerKeys,
  jaas: JaasConfig['options'],
  problems: FlatProblem[],
): SaslSettings | null {
  const tokenEndpoint = keys['sasl.oauthbearer.token.endpoint.url'];
  const clientId = keys['sasl.oauthbearer.client.credentials.client.id'] ?? jaas.get('clientId');
  const clientSecret = keys['sasl.oauthbearer.client.credentials.client.secret'] ?? jaas.get('clientSecret');
  const scope = keys['sasl.oauthbearer.scope'] ?? jaas.get('scope');
  if (tokenEndpoint === undefined) problems.push(missing('sasl.oauthbearer.token.endpoint.url'));
  if (clientId === undefined) {
    problems.push(withJaas('sasl.oauthbearer.client.credentials.client.id', 'clientId'));
  }
  if (clientSecret === undefined) {
    problems.push(withJaas('sasl.oauthbearer.client.credentials.client.secret', 'clientSecret'));
  }
  if (tokenEndpoint === undefined || clientId === undefined || clientSecret === undefined) return null;
  return {
    mechanism: 'oauthbearer',
    tokenEndpoint,
    clientId,
    clientSecret,
    ...(scope === undefined ? {} : { scope }),
  };
}

function readIam(keys: WorkerKeys, env: Env, problems: FlatProblem[]): SaslSettings | null {
  if (keys['security.protocol'] !== 'SASL_SSL') {
    problems.push(
      invalid('security.protocol', keys['security.protocol'], 'AWS_MSK_IAM needs TLS. Set it to SASL_SSL'),
    );
  }
  const region = keys['sasl.aws.region'] ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  if (region === undefined || region === '') {
    const message = `${missing('sasl.aws.region').message} AWS_REGION of the environment does as well.`;
    problems.push({ key: 'sasl.aws.region', message });
    return null;
  }
  return { mechanism: 'aws-iam', region };
}
