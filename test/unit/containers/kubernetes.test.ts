import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseProperties } from '../../../connectors/config/properties.ts';
import { packageJson, root, textOf } from './repository.ts';

interface Named {
  readonly name: string;
}

interface Container extends Named {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly (Named & { readonly value?: string })[];
  readonly ports: readonly (Named & { readonly containerPort: number })[];
  readonly securityContext: object;
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly (Named & { readonly mountPath: string; readonly subPath?: string })[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Pod {
  readonly serviceAccountName: string;
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly containers: readonly [Container];
  readonly volumes: readonly (Named & {
    readonly configMap?: Named;
    readonly secret?: { readonly secretName: string };
  })[];
}

interface Resource {
  readonly kind: string;
  readonly metadata: Named & { readonly labels: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly selector: Readonly<Record<string, unknown>>;
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[];
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
  };
}

const resources = readdirSync(`${root}examples/kubernetes`)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => parseAllDocuments(textOf(`examples/kubernetes/${file}`), { merge: true }))
  .map((document) => document.toJS({ maxAliasCount: 10 }) as Resource);

/** Secrets that Strimzi makes: of the cluster `kafka`, and of the user `messina`. */
const secretsOfStrimzi = { 'kafka-cluster-ca-cert': ['ca.crt'], messina: ['password'] };

const properties = parseProperties(resource('ConfigMap', 'messina-worker').data?.['worker.properties'] ?? '');

describe.each(['source', 'sink'] as const)('the %s workers', (worker) => {
  const deployment = resource('Deployment', `messina-${worker}`).spec;
  const pod = deployment.template.spec;
  const [container] = pod.containers;

  test('run the image of this version, its configuration mounted', () => {
    expect(container.image).toMatch(
      new RegExp(`/messina-${worker}:${packageJson.version.replaceAll('.', '\\.')}$`),
    );
    const mounted = container.volumeMounts.find(({ mountPath }) => mountPath === container.args[0]);
    const volume = pod.volumes.find(({ name }) => name === mounted?.name);
    const data = resource('ConfigMap', volume?.configMap?.name ?? '').data ?? {};
    expect(Object.keys(data)).toContain(mounted?.subPath);
  });

  test('mount volumes that are declared, of resources that are there', () => {
    const names = pod.volumes.map(({ name }) => name);
    expect(container.volumeMounts.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual(
      [],
    );
    const maps = pod.volumes.flatMap(({ configMap }) => configMap?.name ?? []);
    expect(maps.map((name) => resource('ConfigMap', name).metadata.name)).toEqual(maps);
    expect(maps).toContain(`messina-${worker}-connectors`);
    const secrets = pod.volumes.flatMap(({ secret }) => secret?.secretName ?? []);
    const ours = secrets.filter((name) => !(name in secretsOfStrimzi));
    expect(ours.map((name) => resource('Secret', name).metadata.name)).toEqual(ours);
  });

  test('find every file that their configuration names', () => {
    const named = [...properties.values()].flatMap((value) => [
      ...[...value.matchAll(/\$\{directory:([^:}]+):([^}]+)\}/g)].map(
        ([, folder, file]) => `${folder}/${file}`,
      ),
      ...(value.startsWith('/') ? [value] : []),
    ]);
    const files = container.volumeMounts.flatMap(({ name, mountPath }) => [
      mountPath,
      ...keysOf(pod.volumes.find((volume) => volume.name === name)).map((key) => `${mountPath}/${key}`),
    ]);
    expect(named.length).toBe(4);
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  test('are asked for their health where they listen', () => {
    const port = Number(new URL(properties.get('listeners') ?? '').port);
    expect(container.ports).toEqual([{ name: 'rest', containerPort: port }]);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
      expect(container[probe].httpGet, probe).toEqual({ path: '/health', port: 'rest' });
    }
    expect(resource('Service', `messina-${worker}`).spec.ports).toEqual([
      { name: 'rest', port, targetPort: 'rest' },
    ]);
  });

  test('are what their Deployment and their Service select', () => {
    const { labels } = deployment.template.metadata;
    expect(labels).toMatchObject(deployment.selector['matchLabels'] as object);
    expect(labels).toMatchObject(resource('Service', `messina-${worker}`).spec.selector);
    const others = worker === 'source' ? 'messina-sink' : 'messina-source';
    expect(labels).not.toMatchObject(resource('Service', others).spec.selector);
  });

  test('are no root, and write nowhere but to /tmp', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/tmp');
  });

  test('have more time to stop than they take to drain', () => {
    const drainMs = Number(properties.get('task.shutdown.graceful.timeout.ms'));
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(drainMs + 10_000);
  });

  test('get no configuration by accident, and a heap that their memory holds', () => {
    expect(pod.enableServiceLinks).toBe(false);
    const heapMiB = Number(container.env.find(({ name }) => name === 'NODE_OPTIONS')?.value?.split('=')[1]);
    expect(container.resources.limits.memory).toBe('1Gi');
    expect(heapMiB).toBeLessThanOrEqual(768);
  });
});

function resource(kind: string, name: string): Resource {
  const found = resources.find((candidate) => candidate.kind === kind && candidate.metadata.name === name);
  if (found === undefined) throw new Error(`examples/kubernetes has no ${kind} ${name}`);
  return found;
}

/** The files that a volume holds. */
function keysOf(volume: Pod['volumes'][number] | undefined): string[] {
  const secret = volume?.secret?.secretName;
  if (volume?.configMap !== undefined)
    return Object.keys(resource('ConfigMap', volume.configMap.name).data ?? {});
  if (secret === undefined) return [];
  if (secret in secretsOfStrimzi) return secretsOfStrimzi[secret as keyof typeof secretsOfStrimzi];
  return Object.keys(resource('Secret', secret).stringData ?? {});
}
