import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SaslSettings } from '../../connectors/config/settings.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { TransactionalProducer } from '../../connectors/kafka/producer.ts';
import { type KafkaService, startKafka } from '../../local/kafka.ts';
import { freePorts } from '../../local/ports.ts';
import { parseMigration } from '../../migration/config/load.ts';
import { connectKafka } from '../../migration/kafka-client.ts';
import { type AskedFor, type TokenServer, tokenServer } from '../token-server.ts';
import { newTopic, readUntil, text, valuesOf } from './kafka-testing.ts';

/** So short that a client has to come back with its credentials while it works. */
const SESSION_MS = 2000;
const TOKEN_LIFETIME_S = 3;
const WORK_MS = 5000;
const login = { username: 'messina', password: 'secret' };

/** A key for 127.0.0.1 that signs itself, made with the JDK that runs the broker. */
function certificate(directory: string): { keystore: string; ca: string } {
  const keystore = join(directory, 'broker.p12');
  const store = ['-keystore', keystore, '-storepass', 'password', '-alias', 'broker'];
  const names = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1'];
  execFileSync(
    'keytool',
    ['-genkeypair', '-keyalg', 'RSA', '-storetype', 'PKCS12', '-validity', '30', ...names, ...store],
    { stdio: 'ignore' },
  );
  return { keystore, ca: execFileSync('keytool', ['-exportcert', '-rfc', ...store]).toString() };
}

/** A broker that asks for a login over TLS, by every mechanism; its tokens are JWTs without a signature. */
async function secureKafka(keystore: string): Promise<{ service: KafkaService; broker: string }> {
  const [plain, controller, secure] = await freePorts(3);
  const modules = 'org.apache.kafka.common.security';
  const scram = `${modules}.scram.ScramLoginModule required;`;
  const claim = 'unsecuredLoginStringClaim_sub="broker" unsecuredValidatorRequiredScope="kafka"';
  const addresses = `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure}`;
  const service = await startKafka({
    port: plain!,
    formatWith: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=messina,password=secret]`,
    ]),
    settings: {
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `${addresses},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': addresses,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'connections.max.reauth.ms': SESSION_MS,
      'listener.name.secure.ssl.keystore.location': keystore,
      'listener.name.secure.ssl.keystore.password': 'password',
      'listener.name.secure.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_messina="secret";`,
      'listener.name.secure.scram-sha-256.sasl.jaas.config': scram,
      'listener.name.secure.scram-sha-512.sasl.jaas.config': scram,
      'listener.name.secure.oauthbearer.sasl.jaas.config': `${modules}.oauthbearer.OAuthBearerLoginModule required ${claim};`,
    },
  });
  return { service, broker: `127.0.0.1:${secure}` };
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object) => `${part({ alg: 'none' })}.${part({ sub: 'messina', ...claims })}.`;

/** Gives tokens to whoever knows the secret; those of the client `late` have ended already. */
function grant({ headers, body }: AskedFor) {
  const [id, secret] = Buffer.from(headers.authorization!.slice(6), 'base64').toString().split(':');
  if (secret !== login.password) return { status: 401, body: { error: 'invalid_client' } };
  const now = Math.ceil(Date.now() / 1000);
  const lifetime = id === 'late' ? -60 : TOKEN_LIFETIME_S;
  const scope = new URLSearchParams(body).get('scope');
  return {
    status: 200,
    body: {
      access_token: jwt({ iat: now - 120, exp: now + lifetime, scope }),
      expires_in: TOKEN_LIFETIME_S,
    },
  };
}

describe('a broker that wants TLS and a login', () => {
  const directory = mkdtempSync(join(tmpdir(), 'messina-tls-'));
  let kafka: Awaited<ReturnType<typeof secureKafka>>;
  let tokens: TokenServer;
  let ca: string;

  beforeAll(async () => {
    const made = certificate(directory);
    ca = made.ca;
    tokens = await tokenServer(grant);
    kafka = await secureKafka(made.keystore);
  });
  afterAll(async () => {
    await kafka?.service[Symbol.asyncDispose]();
    await tokens?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  /** As a migration file says it. */
  const connect = (sasl: SaslSettings, ssl: { ca: string } | object = { ca }): Promise<KafkaClient> => {
    const file = {
      name: 'secure',
      source: { region: 'eu-central-1', tables: ['Music'], snapshot: { from: 'scan' } },
      kafka: { brokers: [kafka.broker], ssl, sasl },
      target: { type: 'alternator', endpoints: ['http://127.0.0.1:1'] },
    };
    const migration = parseMigration(JSON.stringify(file), 'secure.yaml', { env: {}, folder: directory });
    return connectKafka(migration, pino({ level: 'silent' }));
  };
  const oauth = (
    changes: { clientId?: string; clientSecret?: string; scope?: string } = {},
  ): SaslSettings => ({
    mechanism: 'oauthbearer',
    tokenEndpoint: tokens.url,
    clientId: 'messina',
    clientSecret: login.password,
    scope: 'kafka',
    ...changes,
  });

  test.concurrent.each(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const)(
    'serves who writes and reads by %s for longer than a login holds',
    async (mechanism) => {
      await using client = await connect(mechanism === 'oauthbearer' ? oauth() : { mechanism, ...login });
      const topic = await newTopic(client);
      await using producer = new TransactionalProducer(client, `tx-${mechanism}`);
      await producer.init();
      const begunMs = performance.now();
      const until = begunMs + WORK_MS;
      let count = 0;
      for (; performance.now() < until; count++) {
        producer.begin();
        await producer.send(topic, 0, [text(String(count))]);
        await producer.commit();
      }
      const records = await readUntil(client, topic, 0, 2 * count);
      expect(valuesOf(records)).toEqual(Array.from({ length: count }, (_, i) => String(i)));
      // One token for all connections of a while, and a new one before it ends.
      if (mechanism !== 'oauthbearer') return;
      const { length } = tokens.asked;
      expect(length).toBeGreaterThan(1);
      expect(length).toBeLessThan(4 + (performance.now() - begunMs) / 1000);
    },
  );

  describe('says why it cannot be used, within seconds and without a secret', () => {
    const closedPort = { tokenEndpoint: 'http://127.0.0.1:1/token' };
    const amazonKeys = { accessKeyId: 'AKID', secretAccessKey: 'wrong-secret' };

    test.concurrent.each<[string, () => SaslSettings, string, RegExp]>([
      [
        'a wrong password',
        () => ({ mechanism: 'plain', ...login, password: 'wrong-secret' }),
        'AUTHENTICATION_FAILED',
        /PLAIN/,
      ],
      [
        'a wrong password for SCRAM',
        () => ({ mechanism: 'scram-sha-512', ...login, password: 'wrong-secret' }),
        'AUTHENTICATION_FAILED',
        /SCRAM-SHA-512/,
      ],
      [
        'a wrong client secret',
        () => oauth({ clientSecret: 'wrong-secret' }),
        'AUTHENTICATION_FAILED',
        /token endpoint http:.*invalid_client/,
      ],
      [
        'a token that has ended',
        () => oauth({ clientId: 'late' }),
        'AUTHENTICATION_FAILED',
        /refuses the token: invalid_token/,
      ],
      [
        'a token for something else',
        () => oauth({ scope: 'other' }),
        'AUTHENTICATION_FAILED',
        /refuses the token: insufficient_scope/,
      ],
      [
        'a token endpoint that is away',
        () => ({ ...oauth(), ...closedPort }) as SaslSettings,
        'TOKEN_ENDPOINT_UNREACHABLE',
        /127.0.0.1:1\/token/,
      ],
      [
        'an identity of AWS, which this broker does not know',
        () => ({ mechanism: 'aws-iam', region: 'eu-west-1', credentials: amazonKeys }),
        'AUTHENTICATION_FAILED',
        /refuses the token/,
      ],
    ])('%s', async (_, settings, code, message) => {
      const startedAt = performance.now();
      const error: unknown = await connect(settings()).catch((thrown) => thrown);
      expect(error).toMatchObject({ code, retriable: code !== 'AUTHENTICATION_FAILED' });
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain('wrong-secret');
      expect(performance.now() - startedAt).toBeLessThan(30_000);
    });

    test.concurrent('a certificate that nobody trusts', async () => {
      await expect(connect({ mechanism: 'plain', ...login }, {})).rejects.toMatchObject({
        code: 'BROKER_UNREACHABLE',
        message: /self.signed/,
      });
    });
  });
});
