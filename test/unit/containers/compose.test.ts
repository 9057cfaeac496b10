import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseProperties } from '../../../connectors/config/properties.ts';
import { composeFile, mountsOf, portsOf } from './compose-file.ts';
import { images } from './images.ts';
import { packageJson, root, textOf } from './repository.ts';

const { services, volumes } = composeFile;
const all = Object.entries(services);
const workers = ['source', 'sink'] as const;

describe('the services', () => {
  test('are those of a whole migration', () => {
    const names = ['kafka', 'scylla', 'dynamodb-local', 's3', 'source', 'sink', 'load', 'register'];
    expect(Object.keys(services)).toEqual(names);
  });

  test('name their images with an exact version', () => {
    const loose = all.filter(([, { image }]) => !/:v?\d+\.\d+\.\d+$/.test(image)).map(([name]) => name);
    expect(loose).toEqual([]);
  });

  test('open no port but on the loopback, and none twice', () => {
    const addresses = all.flatMap(([, service]) => portsOf(service)).map(({ address }) => address);
    expect(addresses.filter((address) => !/^127\.0\.0\.1:\d+$/.test(address))).toEqual([]);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  test('mount only files that are there, and volumes that are declared', () => {
    const missing = all
      .flatMap(([, service]) => [...mountsOf(service).values()])
      .filter((path) => !existsSync(`${root}${path}`));
    const named = all
      .flatMap(([, service]) => service.volumes ?? [])
      .filter((volume) => !volume.startsWith('./'));
    expect(missing).toEqual([]);
    expect(named.map((volume) => volume.split(':')[0]).sort()).toEqual(Object.keys(volumes).sort());
  });

  test('wait for what they need: healthy where it goes on, ended where it ends', () => {
    const waits = all.flatMap(([, { depends_on: needs = {} }]) => Object.entries(needs));
    for (const [name, { condition }] of waits) {
      const service = services[name];
      const healthy = service?.healthcheck !== undefined || workers.includes(name as 'source');
      expect(condition, name).toBe(healthy ? 'service_healthy' : 'service_completed_successfully');
    }
    expect(new Set(waits.map(([name]) => name))).toEqual(
      new Set(['kafka', 'scylla', 'dynamodb-local', 's3', 'source', 'sink', 'load']),
    );
  });

  test('name each other only by names and ports that are there', () => {
    const texts = [
      ...all.flatMap(([, { environment = {}, command = [] }]) =>
        [...Object.values(environment), command].map(String),
      ),
      ...[...connectorFiles('source'), ...connectorFiles('sink'), 'examples/compose/cql/music-cql.json'].map(
        textOf,
      ),
      textOf('examples/compose/worker.properties'),
    ];
    const named = texts.flatMap((text) => [...text.matchAll(/(?<![\w.-])([a-z][a-z\d-]*):(\d{2,5})\b/g)]);
    const wrong = named.filter(([, name = '', port = '']) => !listens(name, port)).map(([text]) => text);
    expect(named.length).toBeGreaterThan(8);
    expect(wrong).toEqual([]);
  });
});

describe.each(workers)('the %s worker', (worker) => {
  const service = services[worker]!;

  test('is built by its Dockerfile, as this version', () => {
    expect(service.build).toEqual({ context: '.', dockerfile: `${worker}/Dockerfile` });
    expect(service.image).toBe(`messina-${worker}:${packageJson.version}`);
    expect(service.entrypoint).toBeUndefined();
  });

  test('is given a configuration that is mounted', () => {
    const [path = ''] = service.command as readonly string[];
    expect(mountsOf(service).get(path)).toBe('examples/compose/worker.properties');
  });

  test('is told to others by the name of its service', () => {
    expect(service.environment?.['CONNECT_REST_ADVERTISED_HOST_NAME']).toBe(worker);
  });

  test('has more time to stop than it takes to drain', () => {
    const properties = parseProperties(textOf('examples/compose/worker.properties'));
    const drainMs = Number(properties.get('task.shutdown.graceful.timeout.ms'));
    expect(Number(service.stop_grace_period?.slice(0, -1)) * 1000).toBeGreaterThan(drainMs);
  });
});

describe('what ends by itself', () => {
  test.each(['load', 'register'])('%s runs a script that is mounted, in an image that is built', (name) => {
    const service = services[name]!;
    const [program, script = ''] = service.entrypoint ?? [];
    expect(program).toBe('node');
    expect(mountsOf(service).get(script)).toBe(`examples/compose/${name}.mjs`);
    expect(service).toMatchObject({ image: services['source']!.image, build: services['source']!.build });
  });

  test('load finds the packages of its image', () => {
    const imports = [...textOf('examples/compose/load.mjs').matchAll(/from '([^.n'][^']*)'/g)].map(
      ([, name]) => name!,
    );
    const source = images.find(({ worker }) => worker === 'source')!;
    expect(imports.length).toBeGreaterThan(0);
    expect(
      imports.filter((name) => !(name in packageJson.dependencies) || source.removed.includes(name)),
    ).toEqual([]);
    expect(services['load']!.entrypoint?.[1]).toMatch(/^\/app\//);
  });

  test('register reads folders that are mounted and hold connectors', () => {
    const { command = [] } = services['register']!;
    const [mounted, folder] = [...mountsOf(services['register']!)].find(([to]) =>
      to.endsWith('/connectors'),
    )!;
    for (const pair of command as readonly string[]) {
      const [, path = ''] = pair.split('=');
      const files = readdirSync(`${root}${path.replace(mounted, folder)}`);
      expect(files.filter((file) => file.endsWith('.json')).length, path).toBeGreaterThan(0);
    }
  });
});

test('the migration file of this machine says the ports that are mapped', () => {
  const file = parse(textOf('examples/compose/migration.yaml')) as {
    source: { endpoint: string };
    kafka: { brokers: string[] };
    target: { endpoints: string[] };
  };
  const addressOf = (name: string, port: string) =>
    portsOf(services[name]!).find((mapping) => mapping.port === port)?.address;
  expect(file.source.endpoint).toBe(`http://${addressOf('dynamodb-local', '8000')}`);
  expect(file.kafka.brokers).toEqual([addressOf('kafka', '9092')]);
  expect(file.target.endpoints).toEqual([`http://${addressOf('scylla', '8000')}`]);
});

function connectorFiles(worker: string): string[] {
  const folder = `examples/compose/connectors/${worker}`;
  return readdirSync(`${root}${folder}`).map((file) => `${folder}/${file}`);
}

/** Whether a service of this name listens on this port, inside the network. */
function listens(name: string, port: string): boolean {
  const service = services[name];
  const inside = name === 'kafka' ? ['19092', '9093'] : [];
  return (
    service !== undefined &&
    (inside.includes(port) || portsOf(service).some((mapping) => mapping.port === port))
  );
}
