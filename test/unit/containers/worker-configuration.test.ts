import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadWorkerSettings } from '../../../connectors/config/worker/worker-settings.ts';
import { composeFile } from './compose-file.ts';
import { root, textOf } from './repository.ts';

interface ConfigMap {
  readonly kind: string;
  readonly data: { readonly 'worker.properties': string };
}

describe.each(['source', 'sink'])('the configuration of the %s worker of docker-compose.yaml', (worker) => {
  const environment = composeFile.services[worker]!.environment ?? {};
  const given = Object.entries(environment).flatMap(([key, value]) =>
    value === null ? [] : [[key, String(value)]],
  );
  const load = (more: Record<string, string>) =>
    loadWorkerSettings(`${root}examples/compose/worker.properties`, {
      ...Object.fromEntries(given),
      ...more,
    });

  test('is known, key by key, and open only as long as no token is set', async () => {
    const { settings, warnings } = await load({});
    expect(warnings).toEqual([expect.stringContaining('rest.auth.token')]);
    expect((await load({ CONNECT_REST_AUTH_TOKEN: 'a-token' })).warnings).toEqual([]);
    expect(settings).toMatchObject({
      bootstrapServers: ['kafka:19092'],
      groupId: 'music',
      advertisedUrl: `http://${worker}:8083`,
      listeners: ['http://0.0.0.0:8083'],
    });
  });

  test('leaves names to the shell that are keys too', async () => {
    const open = Object.keys(environment).filter((key) => environment[key] === null);
    expect(open).toEqual(['CONNECT_REST_AUTH_TOKEN']);
    expect((await load({ CONNECT_REST_AUTH_TOKEN: 'a-token' })).settings.restAuthToken).toBe('a-token');
  });
});

test('the configuration of examples/kubernetes is known, key by key, its secrets found', async () => {
  const documents = parseAllDocuments(textOf('examples/kubernetes/worker.yaml')).map(
    (one) => one.toJS() as ConfigMap,
  );
  const text = documents.find(({ kind }) => kind === 'ConfigMap')?.data['worker.properties'] ?? '';
  await using folder = await mountedFolder({
    'secrets/rest-token': 'a-token',
    'kafka-ca/ca.crt': '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n',
    'kafka-user/password': 'a-password',
  });
  const file = join(folder.path, 'worker.properties');
  await writeFile(file, text.replaceAll('/etc/messina', folder.path));
  const { settings, warnings } = await loadWorkerSettings(file, {
    CONNECT_REST_ADVERTISED_HOST_NAME: '10.0.0.7',
  });
  expect(warnings).toEqual([]);
  expect(settings).toMatchObject({
    advertisedUrl: 'http://10.0.0.7:8083',
    restAuthToken: 'a-token',
    connectorsDir: join(folder.path, 'connectors'),
    kafka: { sasl: { mechanism: 'scram-sha-512', username: 'messina', password: 'a-password' } },
  });
  expect(settings.kafka.tls?.ca).toContain('BEGIN CERTIFICATE');
});

async function mountedFolder(files: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(tmpdir(), 'messina-mounts-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
