import { readFile } from 'node:fs/promises';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { ConnectError } from '../../connectors/errors.ts';
import { DEFAULT_PORT, hostAndPort } from './contact-points.ts';
import type { ClusterOptions } from './options.ts';

/** What the driver needs for TLS; undefined: there is none. Throws when a file cannot be read. */
export async function tlsOptions(options: ClusterOptions): Promise<ConnectionOptions | undefined> {
  const { tls, contactPoints } = options;
  if (tls === undefined) return undefined;
  const [ca, cert, key] = await Promise.all([
    readPem(tls.ca, 'ca'),
    readPem(tls.cert, 'cert'),
    readPem(tls.key, 'key'),
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

/** PEM text as it is, or the content of the file that a path names. */
async function readPem(pathOrText: string | undefined, name: string): Promise<string | undefined> {
  if (pathOrText === undefined || pathOrText.includes('-----BEGIN')) return pathOrText;
  try {
    return await readFile(pathOrText, 'utf8');
  } catch (cause) {
    throw new ConnectError('TARGET_REFUSED', `The file of target.tls.${name} cannot be read: ${pathOrText}`, {
      cause,
    });
  }
}
