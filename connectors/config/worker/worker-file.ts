import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { ConfigError } from '../errors.ts';
import { textOf } from '../flat/flat-text.ts';
import { parseProperties } from '../properties.ts';

/**
 * Reads the file of a worker's configuration: `.properties`, `.yaml`, `.yml` or `.json`; keys of nested mappings are joined with
 * dots.
 *
 * @throws ConfigError where it cannot be read, or is not what its ending says
 */
export async function readWorkerFile(file: string): Promise<ReadonlyMap<string, string>> {
  const ending = extname(file).toLowerCase();
  const text = await readText(file);
  if (ending === '.properties') return parseProperties(text);
  if (ending === '.yaml' || ending === '.yml') return readYaml(text, file);
  if (ending === '.json') return readJson(text, file);
  throw refused(file, 'has an ending that says nothing', 'Name it .properties, .yaml or .json.');
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error';
    throw refused(file, `cannot be read (${code})`, 'Correct the path, or make the file readable.');
  }
}

const refused = (file: string, message: string, remedy: string, line = 0, column = 0) =>
  new ConfigError(file, [{ line, column, key: '', message, remedy }]);

function readJson(text: string, file: string): ReadonlyMap<string, string> {
  try {
    return flattened(JSON.parse(text), file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw refused(file, 'is no JSON', 'Correct it, as an object of keys and values.');
  }
}

function flattened(root: unknown, file: string): ReadonlyMap<string, string> {
  const flat = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (value === null || value === undefined) return;
    if (typeof value !== 'object' || Array.isArray(value)) flat.set(path, textOf(value));
    else for (const [key, one] of Object.entries(value)) walk(one, path === '' ? key : `${path}.${key}`);
  };
  if (typeof root !== 'object' || root === null || Array.isArray(root)) throw noMapping(file);
  walk(root, '');
  return flat;
}

const noMapping = (file: string) =>
  refused(file, 'is not a mapping of keys', 'Begin with bootstrap.servers: and group.id:.');

/** Numbers keep the text that they are written with: `1.10` is no 1.1. */
function readYaml(text: string, file: string): ReadonlyMap<string, string> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw refused(file, `is no YAML (${fault.code})`, 'Correct the line.', line, col);
  }
  if (!isMap(document.contents)) throw noMapping(file);
  const valueOfNode = (node: unknown): unknown => {
    const one = isAlias(node) ? node.resolve(document) : node;
    if (isSeq(one)) return one.items.map(valueOfNode);
    if (isMap(one)) {
      return Object.fromEntries(
        one.items.map(({ key, value }) => [String(valueOfNode(key)), valueOfNode(value)]),
      );
    }
    if (!isScalar(one) || one.value === null) return null;
    return typeof one.value === 'string' ? one.value : (one.source ?? String(one.value));
  };
  return flattened(valueOfNode(document.contents), file);
}
