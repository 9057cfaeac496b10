import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { readTls } from '../../connectors/tls.ts';
import { DEFAULT_PORT, hostAndPort } from './contact-points.ts';
import type { ClusterOptions } from './options.ts';

/** What the driver needs for TLS; undefined: there is none. Throws when a file cannot be read. */
export async function tlsOptions(options: ClusterOptions): Promise<ConnectionOptions | undefined> {
  const { tls, contactPoints } = options;
  if (tls === undefined) return undefined;
  const names = contactPoints.map((address) => hostAndPort(address, DEFAULT_PORT).host);
  return {
    // With rejectUnauthorized said in any case: the driver's own default is to trust everybody.
    ...(await readTls(tls, 'target.tls', 'TARGET_REFUSED')),
    // The driver connects to IP addresses: a certificate for the name of a contact point is as good.
    checkServerIdentity: (host, peer) => {
      if (names.some((name) => checkServerIdentity(name, peer) === undefined)) return undefined;
      return checkServerIdentity(host, peer);
    },
  };
}
