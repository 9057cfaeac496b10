import { hostname } from 'node:os';

/**
 * Root of the REST API as others reach it.
 *
 * @param told as it is configured; port 0: that of the listener of its protocol, which it got when it began to listen
 * @param listening roots of the listeners, in their order
 */
export function advertisedUrl(told: string, listening: readonly string[]): string {
  const url = new URL(told);
  const listener = listening.map((one) => new URL(one)).find(({ protocol }) => protocol === url.protocol);
  // Empty: the protocol's own, 80 or 443.
  if (url.port === '0' && listener !== undefined) url.port = listener.port;
  // A host that means "all of this machine" is none to others.
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = hostname();
  return url.origin;
}

/** `host:port`, as Kafka Connect names a worker in its status; also where the port is the protocol's own. */
export function workerIdOf(url: string): string {
  const { hostname: host, port, protocol } = new URL(url);
  return `${host}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;
}
