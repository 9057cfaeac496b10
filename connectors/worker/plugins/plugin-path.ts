import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConnectError } from '../../errors.ts';
import { type Plugins, simpleName } from '../../plugins.ts';
import { pluginKit } from './plugin-kit.ts';
import { classNamesOf, nameIn, shapeFaults } from './plugin-shape.ts';
import { RESERVED_CLASSES } from './reserved-classes.ts';

/** Kinds of plugins that a module may export, each a list. */
const KINDS = ['connectors', 'transforms', 'predicates', 'converters'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Loads the plugins of `plugin.path`: modules whose exports, or whose default export's members, `connectors`, `transforms`,
 * `predicates` and `converters` are lists (`connectors` of `{ type: 'source' | 'sink', plugin }`). The default export may be a
 * function that makes them of the kit ({@link import('./plugin-kit.ts').PluginKit}).
 *
 * @param paths a module (`.js`, `.mjs`), a package's folder, or a folder of such. Relative ones count from the working directory.
 * @returns the plugins of `own` with those that were found behind them. Throws WORKER_CLASS for what is none.
 */
export async function loadPlugins(own: Plugins, paths: readonly string[]): Promise<Plugins> {
  const found: Record<Kind, unknown[]> = { connectors: [], transforms: [], predicates: [], converters: [] };
  const taken = namesOf(own);
  for (const module of new Set(paths.flatMap((path) => modulesAt(resolve(path))))) {
    const exports = await exportsOf(module);
    const listed = KINDS.filter((kind) => exports[kind] !== undefined);
    if (listed.length === 0) throw fault(`${module} exports none of ${KINDS.join(', ')}`);
    for (const kind of listed) {
      const list = exports[kind];
      if (!Array.isArray(list)) throw fault(`${module} exports ${kind}, which is no list`);
      list.forEach((entry, index) => {
        admit(kind, entry, index, module, taken);
        found[kind].push(entry);
      });
    }
  }
  const plugins = Object.fromEntries(KINDS.map((kind) => [kind, [...own[kind], ...found[kind]]]));
  return plugins as unknown as Plugins;
}

/** Where each class name comes from. A name stands for one plugin, whatever its kind: `describe` is asked for names alone. */
function namesOf(own: Plugins): Map<string, string> {
  const names = KINDS.flatMap((kind) => own[kind].flatMap((entry, index) => classNamesOf(entry, index)));
  return new Map([...names, ...RESERVED_CLASSES].map((name) => [simpleName(name), 'Messina']));
}

function admit(kind: Kind, entry: unknown, index: number, module: string, taken: Map<string, string>): void {
  const name = nameIn(entry, index);
  const faults = shapeFaults(kind, entry);
  if (faults.length > 0) throw fault(`${module}: ${kind} ${name}: ${faults.join('; ')}`);
  const own = new Set(classNamesOf(entry, index).map(simpleName));
  for (const one of own) {
    const from = taken.get(one);
    if (from !== undefined) throw fault(`${module}: ${kind} ${name}: ${from} has a class ${one} already`);
    taken.set(one, module);
  }
}

function modulesAt(path: string): string[] {
  if (!existsSync(path)) throw fault(`there is no ${path}`);
  if (statSync(path).isFile() || isPackage(path)) return [path];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name))
    .filter((one) => existsSync(one) && (statSync(one).isDirectory() ? isPackage(one) : /\.m?js$/.test(one)));
}

const isPackage = (path: string): boolean => existsSync(join(path, 'package.json'));

async function exportsOf(module: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const entry = statSync(module).isDirectory() ? entryOf(module) : module;
    const loaded = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
    const { default: exported } = loaded;
    const whole: unknown = typeof exported === 'function' ? await exported(pluginKit) : exported;
    return typeof whole === 'object' && whole !== null ? { ...loaded, ...whole } : loaded;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw fault(`${module} cannot be loaded: ${message}`, cause);
  }
}

function entryOf(folder: string): string {
  const { main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { main?: unknown };
  const names = [...(typeof main === 'string' ? [main] : []), 'index.js', 'index.mjs', 'main.js', 'main.mjs'];
  const entry = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (entry !== undefined) return entry;
  throw new Error(
    'its package.json names no main that exists, and there is no index.js; modules beside it are named one by one',
  );
}

const fault = (message: string, cause?: unknown) =>
  new ConnectError('WORKER_CLASS', `plugin.path: ${message}`, cause === undefined ? {} : { cause });
