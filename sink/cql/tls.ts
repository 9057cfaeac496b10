import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { readPem } from '../../connectors/pem.ts';
import { DEFAULT_PORT, hostAndPort } from './contact-points.ts';
import type { ClusterOptions } from './options.ts';

/** What the driver needs for TLS; undefined: there is none. Throws when a file cannot be read. */
export async function tlsOptions(options: ClusterOptions): Promise<ConnectionOptions | undefined> {
  const { tls, contactPoints } = options;
  if (tls === undefined) return undefined;
  const [ca, cert, key] = await Promise.all([
    read(tls.ca, 'ca'),
    read(tls.cert, 'cert'),
    read(tls.key, 'key'),
  ]);
  const names = contactPoints.map((address) => hostAndPort(address, DEFAULT_PORT).host);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    // The driver's own default is to trust everybody.
    rejectUnauthorized: tls.rejectUnauthorized,
    // The driver connects to IP addresses: a certificate for the name of a contact point is as good.
    checkServerIdentity: (host, peer) => {
      if (names.some((name) => checkServerIdentity(name, peer) === undefined)) return undefined;
      return checkServerIdentity(host, peer);
    },
  };
}

async function read(pathOrText: string | undefined, name: string): Promise<string | undefined> {
  return pathOrText === undefined ? undefined : readPem(pathOrText, `target.tls.${name}`, 'TARGET_REFUSED');
}
