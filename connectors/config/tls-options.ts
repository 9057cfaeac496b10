import type { ConnectionOptions } from 'node:tls';
import type { KafkaSettings } from './settings.ts';

/** Options of Node's TLS for the connections to Kafka; undefined: no TLS. */
export function tlsOptions({ tls }: KafkaSettings): ConnectionOptions | undefined {
  if (tls === null) return undefined;
  const { checkHostname = true, ...options } = tls;
  return checkHostname ? options : { ...options, checkServerIdentity: () => undefined };
}
