import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KafkaClient } from '../../connectors/kafka/client.ts';
import { TransactionalProducer } from '../../connectors/kafka/producer.ts';
import { startKafka } from '../../local/kafka.ts';
import { freePorts } from '../../local/ports.ts';
import { newTopic, readUntil, text, valuesOf } from './kafka-testing.ts';

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

test('a broker that wants TLS and a password is served, and a wrong password is told at once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'messina-tls-'));
  const { keystore, ca } = certificate(directory);
  const [plain, controller, secure] = await freePorts(3);
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  await using _kafka = await startKafka({
    port: plain!,
    settings: {
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${controller},SECURE://127.0.0.1:${secure}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
      'sasl.enabled.mechanisms': 'PLAIN',
      // Short-lived logins, so that the client has to come back with its password.
      'connections.max.reauth.ms': 2000,
      'listener.name.secure.ssl.keystore.location': keystore,
      'listener.name.secure.ssl.keystore.password': 'password',
      'listener.name.secure.plain.sasl.jaas.config': `${login} user_messina="secret";`,
    },
  });
  const brokers = [`127.0.0.1:${secure}`];
  const sasl = { mechanism: 'plain', username: 'messina', password: 'secret' } as const;
  await using client = new KafkaClient({ brokers, clientId: 'test', ssl: { ca }, sasl });
  const topic = await newTopic(client);
  await using producer = new TransactionalProducer(client, 'tx');
  await producer.init();
  const until = performance.now() + 5000;
  let count = 0;
  for (; performance.now() < until; count++) {
    producer.begin();
    await producer.send(topic, 0, [text(String(count))]);
    await producer.commit();
  }
  const records = await readUntil(client, topic, 0, 2 * count);
  expect(valuesOf(records)).toEqual(Array.from({ length: count }, (_, i) => String(i)));

  const startedAt = performance.now();
  await using wrong = new KafkaClient({
    brokers,
    clientId: 'test',
    ssl: { ca },
    sasl: { ...sasl, password: 'wrong' },
  });
  await expect(wrong.connect()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED', retriable: false });
  await using stranger = new KafkaClient({ brokers, clientId: 'test', ssl: true, sasl });
  await expect(stranger.connect()).rejects.toMatchObject({
    code: 'BROKER_UNREACHABLE',
    message: /self.signed/,
  });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  rmSync(directory, { recursive: true });
});
