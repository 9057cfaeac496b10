import { readFileSync } from 'node:fs';

/** Blocks of PEM text: `certificate chain` and `private key`, as each option of TLS wants them. */
export interface Pem {
  readonly certificates: string | null;
  readonly key: string | null;
}

/** Splits PEM text. Texts that come on one line, as from an environment, may have `\n` for their line ends. */
export function parsePem(text: string): Pem {
  const lines = text.includes('\n') ? text : text.replaceAll('\\n', '\n');
  const blocks = lines.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g) ?? [];
  const ofKind = (kind: RegExp) => blocks.filter((block) => kind.test(block.split('\n')[0] ?? ''));
  const certificates = ofKind(/CERTIFICATE-----/);
  const keys = ofKind(/PRIVATE KEY-----/);
  return {
    certificates: certificates.length === 0 ? null : `${certificates.join('\n')}\n`,
    key: keys[0] === undefined ? null : `${keys[0]}\n`,
  };
}

/** @returns null where the file cannot be read */
export function readPemFile(path: string): Pem | null {
  try {
    return parsePem(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
