import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LoadFault } from './transform.ts';

/** What a script's module exports: a DynamoDB JSON item of a table, and what becomes of it; null: it is filtered. */
export type ScriptFunction = (item: unknown, about: { readonly table: string }) => unknown;

/** A script that is ready to be called. */
export interface ScriptModule {
  /** Its file, without the folder. */
  readonly file: string;
  readonly call: ScriptFunction;
  /** SHA-256 of the file's bytes, hex. */
  readonly digest: string;
}

/**
 * Loads a script's module.
 *
 * @param module path of the file; relative ones count from the working directory
 * @throws LoadFault where it cannot be read or run, or exports no function
 */
export async function loadScript(module: string): Promise<ScriptModule> {
  const path = resolve(module);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fault(`names a script that cannot be read (${codeOf(cause)})`, 'Correct the path.', cause);
  });
  const digest = createHash('sha256').update(bytes).digest('hex');
  const url = pathToFileURL(path);
  // A module is loaded once per URL: a file that was changed since must have another one.
  url.searchParams.set('sha256', digest);
  const exported = await importDefault(url, path);
  if (typeof exported !== 'function') {
    throw fault('names a script without a default export that is a function', signature);
  }
  if (exported.constructor.name === 'AsyncFunction') {
    throw fault(
      'names a script whose function is asynchronous',
      'Remove async: an item is transformed at once.',
    );
  }
  return { file: basename(path), call: exported as ScriptFunction, digest };
}

async function importDefault(url: URL, path: string): Promise<unknown> {
  try {
    const namespace: { readonly default?: unknown } = await import(url.href);
    return namespace.default;
  } catch (cause) {
    const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw fault(`names a script that fails as it is loaded: ${error}`, `Correct ${basename(path)}.`, cause);
  }
}

const signature = 'Write: export default (item, { table }) => item;';

const fault = (message: string, remedy: string, cause?: unknown) =>
  new LoadFault({ option: 'module', message, remedy }, cause);

const codeOf = (cause: unknown) => (cause instanceof Error && 'code' in cause ? String(cause.code) : 'error');
