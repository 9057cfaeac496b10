import { readFile } from 'node:fs/promises';
import { ConnectError } from './errors.ts';

/** Longer than any path that somebody writes by hand, shorter than any key. */
const PATH_LENGTH_MAX = 255;

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
