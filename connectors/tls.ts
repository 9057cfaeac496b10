import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConnectError } from './errors.ts';

/** Longer than any path that somebody writes by hand, shorter than any key. */
const PATH_LENGTH_MAX = 255;

const pemFile = (description: string) => z.string().min(1).meta({ description, path: true });

/** How a TLS connection is made, as a section of options: each of `ca`, `cert` and `key` names a file, or is the PEM text itself. */
export const tlsSection = (description: string) =>
  z
    .strictObject({
      ca: pemFile(
        'File of the certificate authorities to trust (PEM). Default: those of Node.',
      ).exactOptional(),
      cert: pemFile('File of the client certificate (PEM).').exactOptional(),
      key: z
        .string()
        .min(1)
        .meta({ description: 'File of the client key (PEM).', path: true, secret: true })
        .exactOptional(),
      rejectUnauthorized: z
        .boolean()
        .default(true)
        .describe('Whether a server whose certificate is not trusted is refused.'),
    })
    .describe(description);

export type TlsSection = z.output<ReturnType<typeof tlsSection>>;

/**
 * The section with its files read.
 *
 * @param section the configuration key of it, for messages
 * @throws ConnectError of `code` when a file cannot be read
 */
export async function readTls(
  tls: TlsSection,
  section: string,
  code: 'KAFKA_REFUSED' | 'TARGET_REFUSED',
): Promise<TlsSection> {
  const read = (name: 'ca' | 'cert' | 'key', pathOrText: string) =>
    readPem(pathOrText, `${section}.${name}`, code);
  const { ca, cert, key, rejectUnauthorized } = tls;
  return {
    ...(ca !== undefined && { ca: await read('ca', ca) }),
    ...(cert !== undefined && { cert: await read('cert', cert) }),
    ...(key !== undefined && { key: await read('key', key) }),
    rejectUnauthorized,
  };
}

/**
 * PEM text as it is, or the content of the file that a path names.
 *
 * What is neither is shown only when it looks like a path: it may be a private key that lost its first line.
 *
 * @param key the configuration key that holds it, for the message
 * @throws ConnectError of `code` when the file cannot be read
 */
export async function readPem(
  pathOrText: string,
  key: string,
  code: 'KAFKA_REFUSED' | 'TARGET_REFUSED',
): Promise<string> {
  if (pathOrText.includes('-----BEGIN')) return pathOrText;
  const isPath = pathOrText.length <= PATH_LENGTH_MAX && !/[\r\n]/.test(pathOrText);
  if (!isPath)
    throw new ConnectError(code, `${key} is neither PEM text (-----BEGIN …) nor the path of a file`);
  try {
    return await readFile(pathOrText, 'utf8');
  } catch (cause) {
    throw new ConnectError(code, `The file of ${key} cannot be read: ${pathOrText}`, { cause });
  }
}
