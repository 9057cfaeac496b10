import { hostname } from 'node:os';
import type { FlatProblem } from '../flat/flat.ts';
import { invalid } from '../flat/flat-problems.ts';
import type { WorkerSettings } from '../settings.ts';
import type { WorkerKeys } from './worker-keys.ts';
import { readTls } from './worker-tls.ts';

type Rest = Pick<WorkerSettings, 'listeners' | 'advertisedUrl' | 'restAuthToken' | 'restTls'>;

interface Listener {
  readonly protocol: string;
  readonly host: string;
  readonly port: string;
}

/** Where the REST API listens, and where others find it. A port 0 stays one: it is known when it listens. */
export function readRest(
  keys: WorkerKeys,
  folder: string,
  problems: FlatProblem[],
  warnings: string[],
): Rest {
  const listeners = listenersOf(keys);
  for (const { port } of listeners.filter(({ port }) => Number(port) > 65_535)) {
    problems.push(invalid('listeners', (keys.listeners ?? []).join(','), `${port} is no port`));
  }
  const isSecure = listeners.some(({ protocol }) => protocol === 'https');
  const restTls = isSecure ? tlsOf(keys, folder, problems) : null;
  const restAuthToken = keys['rest.auth.token'] ?? null;
  const open = listeners.filter(({ protocol, host }) => protocol === 'http' && !isLoopback(host));
  if (open.length > 0 && restAuthToken === null) {
    warnings.push(
      `THE REST API IS OPEN: ${open.map(urlOf).join(', ')} takes requests from everyone who reaches it, without a token or TLS. Set rest.auth.token, or listen on 127.0.0.1 (listeners).`,
    );
  }
  return {
    listeners: listeners.map(urlOf),
    advertisedUrl: advertised(listeners, keys, problems),
    restAuthToken,
    restTls,
  };
}

/** An address of IPv6 stands in brackets. */
const urlOf = ({ protocol, host, port }: Listener) =>
  `${protocol}://${/^[^[].*:/.test(host) ? `[${host}]` : host}:${port}`;

function listenersOf(keys: WorkerKeys): readonly Listener[] {
  const old = urlOf({
    protocol: 'http',
    host: keys['rest.host.name'] ?? '127.0.0.1',
    port: String(keys['rest.port'] ?? 8083),
  });
  return (keys.listeners ?? [old]).map((text) => {
    const [, protocol = '', host = '', port = ''] = /^(https?):\/\/(.*):(\d+)\/?$/i.exec(text) ?? [];
    return { protocol: protocol.toLowerCase(), host: host === '' ? '0.0.0.0' : host, port };
  });
}

const isLoopback = (host: string) => /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(host);

/** Kafka's rule (RestServer.advertisedUrl): what is advertised, else what is listened on; every address is this machine's name. */
function advertised(listeners: readonly Listener[], keys: WorkerKeys, problems: FlatProblem[]): string {
  const wanted = keys['rest.advertised.listener'];
  const listener = listeners.find(({ protocol }) => wanted === undefined || protocol === wanted);
  if (listener === undefined) {
    problems.push(
      invalid('rest.advertised.listener', wanted ?? '', `none of listeners is one of ${wanted ?? ''}`),
    );
  }
  const { protocol = 'http', host = '127.0.0.1', port = '8083' } = listener ?? {};
  const isEvery = host === '0.0.0.0' || host === '[::]';
  return urlOf({
    protocol,
    host: keys['rest.advertised.host.name'] ?? (isEvery ? hostname() : host),
    port: String(keys['rest.advertised.port'] ?? port),
  });
}

/** `listeners.https.ssl.…`; `ssl.…` where it names none (Kafka: SSLUtils). */
function tlsOf(keys: WorkerKeys, folder: string, problems: FlatProblem[]): Rest['restTls'] {
  const own = readTls(keys, 'listeners.https.', folder, problems);
  const { cert, key, ca } = own.cert === null && own.key === null ? readTls(keys, '', folder, []) : own;
  if (cert !== null && key !== null) return { cert, key, ca: own.ca ?? ca };
  const name = `listeners.https.ssl.keystore.${cert === null ? 'certificate.chain' : 'key'}`;
  problems.push({
    key: name,
    message: `Missing required configuration "${name}" which has no default value. An https listener needs it; listeners.https.ssl.keystore.location names a PEM file with both.`,
  });
  return null;
}
