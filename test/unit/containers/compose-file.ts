import { parse } from 'yaml';
import { textOf } from './repository.ts';

/** What these tests look at in a service of docker-compose.yaml. */
export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: string | readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly stop_grace_period?: string;
  readonly user?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

/** docker-compose.yaml with its merge keys resolved. */
export const composeFile = parse(textOf('docker-compose.yaml'), { merge: true }) as ComposeFile;

/** `host:port` of the loopback, and the container's port. */
export function portsOf(service: Service): { readonly address: string; readonly port: string }[] {
  return (service.ports ?? []).map((mapping) => {
    const at = mapping.lastIndexOf(':');
    return { address: mapping.slice(0, at), port: mapping.slice(at + 1) };
  });
}

/** Files of this repository that a service sees, by their place in it; named volumes left out. */
export function mountsOf(service: Service): Map<string, string> {
  const binds = (service.volumes ?? []).filter((volume) => volume.startsWith('./'));
  return new Map(binds.map((bind) => bind.split(':')).map(([from = '', to = '']) => [to, from.slice(2)]));
}
