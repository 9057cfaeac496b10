import { readFile } from 'node:fs/promises';
import { ConnectError } from '../connectors/errors.ts';

/** PEM text as it is, or the content of the file that a path names. */
export async function readPem(pathOrText: string): Promise<string> {
  if (pathOrText.includes('-----BEGIN')) return pathOrText;
  try {
    return await readFile(pathOrText, 'utf8');
  } catch (cause) {
    throw new ConnectError('KAFKA_REFUSED', `File ${pathOrText} cannot be read`, { cause });
  }
}
