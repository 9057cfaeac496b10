import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseProperties } from './properties.ts';

/** Why a placeholder has no value. */
export class PlaceholderError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

/** Where placeholders get their values from. */
export interface PlaceholderSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths of `${file:…}` count from. */
  readonly folder: string;
}

function readText(path: string, placeholder: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error';
    throw new PlaceholderError(
      `names a file that cannot be read (${code}): ${placeholder}`,
      'Correct the path, or make the file readable.',
      { cause },
    );
  }
}

function fromEnvironment(name: string, { env }: PlaceholderSources): string {
  const value = env[name];
  if (value !== undefined) return value;
  throw new PlaceholderError(
    `needs the environment variable ${name}, which is not set`,
    `Set ${name}, or write the value into the file.`,
  );
}

/** `path:key` is a key of a properties file, as Kafka's FileConfigProvider has it; `path` alone the whole file, trimmed. */
function fromFile(address: string, { folder }: PlaceholderSources): string {
  const placeholder = `\${file:${address}}`;
  const colon = address.lastIndexOf(':');
  if (colon === -1) return readText(resolve(folder, address), placeholder).trim();
  const path = address.slice(0, colon);
  const key = address.slice(colon + 1);
  const value = parseProperties(readText(resolve(folder, path), placeholder)).get(key);
  if (value !== undefined) return value;
  throw new PlaceholderError(
    `needs the key "${key}" of ${path}, which is not there`,
    `Add a line ${key}=… to ${path}.`,
  );
}

/**
 * Fills `${env:NAME}`, `${file:/path:key}` and `${file:/path}` in a text; what comes in is not looked at again.
 *
 * @throws PlaceholderError where there is no value, or no such provider. Its message holds names only, no value.
 */
export function fillPlaceholders(text: string, sources: PlaceholderSources): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
    const colon = inner.indexOf(':');
    const [provider, address] = [inner.slice(0, Math.max(colon, 0)), inner.slice(colon + 1)];
    if (provider === 'env' && address !== '') return fromEnvironment(address, sources);
    if (provider === 'file' && address !== '') return fromFile(address, sources);
    throw new PlaceholderError(
      `holds \${${inner}}, which is no placeholder`,
      colon === -1 && /^\w+$/.test(inner)
        ? `Write \${env:${inner}} for an environment variable.`
        : `Placeholders are \${env:NAME}, \${file:/path:key} and \${file:/path}.`,
    );
  });
}
