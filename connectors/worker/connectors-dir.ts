import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectError } from '../errors.ts';
import type { FlatConfig } from './herder.ts';

/** A connector's configuration that stands in a file. */
export interface ConfigFile {
  readonly name: string;
  readonly config: FlatConfig;
  /** For messages. */
  readonly path: string;
}

/**
 * Reads the `*.json` files of a folder: each `{"name", "config": {…}}` as it would be posted, a list of them, or a flat map
 * with `name`. Throws WORKER_CONFIG for a file that is none of it, and for a name that is there twice.
 */
export async function readConnectorsDir(folder: string): Promise<ConfigFile[]> {
  const names = (await readdir(folder).catch((cause: unknown) => {
    throw new ConnectError('WORKER_CONFIG', `connectors.dir: ${folder} cannot be read`, { cause });
  })) as string[];
  const files: ConfigFile[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new ConnectError('WORKER_CONFIG', `connectors.dir: ${path} cannot be read`, { cause });
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
  } catch (cause) {
    throw new ConnectError('WORKER_CONFIG', `${path} is no JSON`, { cause });
  }
  return (Array.isArray(said) ? said : [said]).map((one: unknown) => configOf(path, one));
}

function configOf(path: string, said: unknown): ConfigFile {
  if (!isObject(said))
    throw new ConnectError('WORKER_CONFIG', `${path} holds no configuration of a connector`);
  const flat = isObject(said['config']) ? said['config'] : said;
  const name = said['name'] ?? flat['name'];
  if (typeof name !== 'string' || name === '') {
    throw new ConnectError('WORKER_CONFIG', `${path} names no connector: add "name"`);
  }
  const inside = flat['name'] ?? name;
  if (inside !== name) {
    throw new ConnectError('WORKER_CONFIG', `${path} names a connector ${name}, and its config ${inside}`);
  }
  const config = Object.fromEntries(
    Object.entries(flat).map(([key, value]) => [key, textOf(path, key, value)]),
  );
  return { name, config: { ...config, name }, path };
}

function textOf(path: string, key: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ConnectError('WORKER_CONFIG', `${path}: ${key} has to be a text; write it as text`);
}

/** The second would silently change what the first has put in place. */
function refuseTwins(files: readonly ConfigFile[]): void {
  const paths = new Map<string, string>();
  for (const { name, path } of files) {
    const other = paths.get(name);
    if (other !== undefined) {
      throw new ConnectError('WORKER_CONFIG', `connector ${name} stands in ${other} and again in ${path}`);
    }
    paths.set(name, path);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
