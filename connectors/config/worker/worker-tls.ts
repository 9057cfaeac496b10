import { resolve } from 'node:path';
import type { FlatProblem } from '../flat/flat.ts';
import { invalid } from '../flat/flat-problems.ts';
import { parsePem, readPemFile } from '../pem.ts';
import type { WorkerKeys } from './worker-keys.ts';

export interface TlsMaterial {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

const CONVERT =
  'Convert it once (openssl pkcs12 -in store.p12 -nodes -out store.pem; a JKS with keytool -importkeystore -deststoretype PKCS12 before), and name the PEM file';

/**
 * Reads the PEM texts and files of `ssl.…` keys.
 *
 * @param prefix `listeners.https.`, or nothing
 * @param folder what relative paths count from
 */
export function readTls(
  keys: WorkerKeys,
  prefix: '' | 'listeners.https.',
  folder: string,
  problems: FlatProblem[],
): TlsMaterial {
  const at = (name: string) => {
    const value = (keys as Readonly<Record<string, unknown>>)[`${prefix}ssl.${name}`];
    return typeof value === 'string' ? value : undefined;
  };
  for (const store of ['keystore', 'truststore'] as const) {
    const type = at(`${store}.type`);
    if (type === undefined || type.toUpperCase() === 'PEM') continue;
    problems.push(invalid(`${prefix}ssl.${store}.type`, type, `only PEM is read. ${CONVERT}`));
  }
  const file = (name: string) => {
    const path = at(name);
    if (path === undefined) return null;
    const key = `${prefix}ssl.${name}`;
    const pem = readPemFile(resolve(folder, path));
    if (pem === null) problems.push(invalid(key, path, 'the file cannot be read'));
    else if (pem.certificates === null)
      problems.push(invalid(key, path, `the file holds no PEM certificate. ${CONVERT}`));
    return pem;
  };
  const text = (name: string, part: 'certificates' | 'key') => {
    const given = at(name);
    if (given === undefined) return null;
    const found = parsePem(given)[part];
    const what = `it holds no ${part === 'key' ? 'private key' : 'certificate'} as PEM text (-----BEGIN …)`;
    if (found === null) problems.push(invalid(`${prefix}ssl.${name}`, given, what, true));
    return found;
  };
  const store = file('keystore.location');
  return {
    ca: text('truststore.certificates', 'certificates') ?? file('truststore.location')?.certificates ?? null,
    cert: text('keystore.certificate.chain', 'certificates') ?? store?.certificates ?? null,
    key: text('keystore.key', 'key') ?? store?.key ?? null,
  };
}

/** Passwords belong to the formats that are not read, or to encrypted keys. */
export function passwordProblems(keys: WorkerKeys): FlatProblem[] {
  const names = ['ssl.key.password', 'ssl.keystore.password', 'ssl.truststore.password'] as const;
  return names
    .filter((name) => keys[name] !== undefined)
    .map((name) => invalid(name, '', `only PEM without a password is read. Remove it. ${CONVERT}`, true));
}
