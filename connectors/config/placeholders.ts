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
  /** Folder that relative paths of `${file:…}` and `${directory:…}` count from. */
  readonly folder: string;
  /** Names by which placeholders call what they are filled from. Default: `env`, `file` and `directory`. */
  readonly providers?: Readonly<Record<string, PlaceholderProvider>>;
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
 * `path:file` is a file of a folder, as Kafka's DirectoryConfigProvider has it, trimmed: Kafka trims every value where it is
 * read (ConfigDef.parseType), and editors end files with a line feed.
 */
function fromDirectory(address: string, { folder }: PlaceholderSources): string {
  const placeholder = `\${directory:${address}}`;
  const colon = address.lastIndexOf(':');
  const name = address.slice(colon + 1);
  if (colon === -1 || name === '' || /[/\\]/.test(name) || name === '..') {
    throw new PlaceholderError(
      `holds ${placeholder}, which names no file of a folder`,
      `Write \${directory:/path:file}.`,
    );
  }
  return readText(resolve(folder, address.slice(0, colon), name), placeholder).trim();
}

const providers = { env: fromEnvironment, file: fromFile, directory: fromDirectory } as const;

/** What placeholders can be filled from; Kafka's classes EnvVarConfigProvider, FileConfigProvider, DirectoryConfigProvider. */
export type PlaceholderProvider = keyof typeof providers;

const PLACEHOLDER = /\$\{([^}]*)\}/g;

/**
 * Where the last placeholder can end. Behind it every `${` would be looked at up to the end of the text, in vain: a text of
 * nothing else would take minutes.
 */
const lastEnd = (text: string): number => text.lastIndexOf('}') + 1;

/** The text with its placeholders replaced, each by what its inside gives. */
function replaced(text: string, fill: (inner: string, whole: string) => string): string {
  const end = lastEnd(text);
  const filled = text.slice(0, end).replace(PLACEHOLDER, (whole, inner: string) => fill(inner, whole));
  return filled + text.slice(end);
}

/** Splits `env:NAME`, the inside of a placeholder; null: no provider of this name is known. */
function split(inner: string, { providers: named }: Pick<PlaceholderSources, 'providers'>) {
  const colon = inner.indexOf(':');
  const name = inner.slice(0, Math.max(colon, 0));
  const address = inner.slice(colon + 1);
  const known = named ?? { env: 'env', file: 'file', directory: 'directory' };
  const provider = Object.hasOwn(known, name) ? known[name] : undefined;
  return provider === undefined || address === '' ? null : { provider, address };
}

/**
 * Fills `${env:NAME}`, `${file:/path:key}`, `${file:/path}` and `${directory:/path:file}` in a text; what comes in is not
 * looked at again.
 *
 * @throws PlaceholderError where there is no value, or no such provider. Its message holds names only, no value.
 */
export function fillPlaceholders(text: string, sources: PlaceholderSources): string {
  return replaced(text, (inner) => {
    const found = split(inner, sources);
    if (found !== null) return providers[found.provider](found.address, sources);
    throw new PlaceholderError(
      `holds \${${inner}}, which is no placeholder`,
      !inner.includes(':') && /^\w+$/.test(inner)
        ? `Write \${env:${inner}} for an environment variable.`
        : `Placeholders are \${env:NAME}, \${file:/path:key}, \${file:/path} and \${directory:/path:file}.`,
    );
  });
}

/**
 * Fills the placeholders of known providers and leaves all else as it is, as Kafka Connect does (ConfigTransformer): the
 * `${topic}` of a format is none.
 *
 * @throws PlaceholderError where there is no value
 */
export function fillKnownPlaceholders(text: string, sources: PlaceholderSources): string {
  return replaced(text, (inner, whole) => {
    const found = split(inner, sources);
    return found === null ? whole : providers[found.provider](found.address, sources);
  });
}

/** Whether a text holds a placeholder of a known provider. */
export function holdsPlaceholder(text: string, sources: Pick<PlaceholderSources, 'providers'> = {}): boolean {
  const candidates = text.slice(0, lastEnd(text)).matchAll(PLACEHOLDER);
  return [...candidates].some(([, inner = '']) => split(inner, sources) !== null);
}
