import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../config/errors.ts';
import type { FlatConfig } from '../config/flat/flat-config.ts';
import { validateConnector } from '../config/validate.ts';
import { connectorOf } from '../plugins.ts';
import type { ConfigScope } from './config-scope.ts';

/** A connector's configuration that stands in a file. */
export interface ConfigFile {
  readonly name: string;
  readonly config: FlatConfig;
  /** For messages. */
  readonly path: string;
}

/**
 * Reads the `*.json` files of a folder: each `{"name", "config": {…}}` as it would be posted, a list of them, or a flat map
 * with `name`.
 *
 * @throws ConfigError for a file that is none of it, and for a name that is there twice
 */
export async function readConnectorsDir(folder: string): Promise<ConfigFile[]> {
  const names = (await readdir(folder).catch((cause: unknown) => {
    throw unreadable(folder, cause);
  })) as string[];
  const files: ConfigFile[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
    files.push(...configsOf(path, text));
  }
  refuseTwins(files);
  return files;
}

function configsOf(path: string, text: string): ConfigFile[] {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    // What the parser says would quote the file.
    throw refused(path, 'is no JSON');
  }
  return (Array.isArray(said) ? said : [said]).map((one: unknown) => configOf(path, one));
}

function configOf(path: string, said: unknown): ConfigFile {
  if (!isObject(said)) throw refused(path, 'holds no configuration of a connector');
  const flat = isObject(said['config']) ? said['config'] : said;
  const name = said['name'] ?? flat['name'];
  if (typeof name !== 'string' || name === '') {
    throw refused(path, 'names no connector: add "name"');
  }
  const inside = flat['name'] ?? name;
  if (inside !== name) {
    throw refused(path, `names a connector ${name}, and its config ${String(inside)}`);
  }
  const config = Object.fromEntries(
    Object.entries(flat).map(([key, value]) => [key, textOf(path, key, value)]),
  );
  return { name, config: { ...config, name }, path };
}

function textOf(path: string, key: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw refused(path, `${key} has to be a text; write it as text`);
}

/** The second would silently change what the first has put in place. */
function refuseTwins(files: readonly ConfigFile[]): void {
  const paths = new Map<string, string>();
  for (const { name, path } of files) {
    const other = paths.get(name);
    if (other !== undefined) {
      throw refused(path, `connector ${name} stands in ${other} already`);
    }
    paths.set(name, path);
  }
}

/** What a worker does with the files of its folder. */
export interface SortedFiles {
  /** Valid, and of classes that this worker has. */
  readonly own: readonly ConfigFile[];
  /** Of classes that others may have: one folder can serve the workers for sources and those for sinks. */
  readonly others: readonly ConfigFile[];
}

/** @throws ConfigError with everything that is wrong with the first file that cannot be used */
export function sortedFiles(files: readonly ConfigFile[], scope: ConfigScope): SortedFiles {
  const isOwn = ({ path, config }: ConfigFile) => {
    const className = config['connector.class'];
    if (className === undefined) throw refused(path, 'names no connector.class');
    return connectorOf(scope.plugins, className) !== null;
  };
  const own = files.filter(isOwn);
  for (const { path, config } of own) {
    const { configs } = validateConnector(config['connector.class'] ?? '', config, scope.plugins, {
      ...scope,
      placeholders: scope.sources,
    });
    const errors = configs.flatMap(({ value }) => value.errors);
    if (errors.length > 0) throw refused(path, ...errors);
  }
  return { own, others: files.filter((file) => !own.includes(file)) };
}

const unreadable = (path: string, cause: unknown) => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error';
  return refused(path, `cannot be read (${code})`);
};

/** Of a file, or of the folder. */
const refused = (path: string, ...messages: readonly string[]) =>
  new ConfigError(
    path,
    messages.map((message) => ({
      line: 0,
      column: 0,
      key: '',
      message,
      remedy: 'Correct it, or take it out of the folder (connectors.dir).',
    })),
  );

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
