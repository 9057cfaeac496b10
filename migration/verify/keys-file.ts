import { createReadStream } from 'node:fs';
import { ConfigError } from '../../connectors/config/errors.ts';
import { decodeAttributes } from '../../schemas/decode.ts';
import { checkNothingFollows } from '../../schemas/export-line.ts';
import { CodecError } from '../../schemas/faults.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import type { KeySchema } from '../../schemas/values.ts';

/**
 * Reads keys, framed, each once, from JSON lines of DynamoDB JSON; empty lines are passed over.
 *
 * @throws ConfigError that names the line which is not the full key and nothing else, or says that the file cannot be read
 */
export async function readKeys(file: string, keySchema: KeySchema): Promise<Buffer[]> {
  const scanner = new ItemScanner(keySchema);
  const keys = new Map<string, Buffer>();
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (/^\s*$/.test(line)) continue;
    const key = readKey(scanner, Buffer.from(line), file, number, keySchema);
    // A copy: a slice keeps its slab alive.
    keys.set(key.toString('latin1'), Buffer.from(key));
  }
  return [...keys.values()];
}

function readKey(
  scanner: ItemScanner,
  line: Buffer,
  file: string,
  number: number,
  keySchema: KeySchema,
): Buffer {
  const names = keySchema.map(({ name, type }) => `${JSON.stringify(name)} (${type})`).join(' and ');
  const remedy = `Each line is a key as DynamoDB JSON, with ${names} and nothing else.`;
  try {
    const { key, avro, end } = scanner.scan(line, 0, line.length);
    checkNothingFollows(line, end, line.length);
    const isKey = (attribute: string) => keySchema.some(({ name }) => name === attribute);
    const other = [...decodeAttributes(avro).keys()].find((attribute) => !isKey(attribute));
    if (other === undefined) return key;
    throw fault(file, number, `Attribute ${JSON.stringify(other)} is not of the key`, remedy);
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown;
    throw fault(file, number, thrown.message, remedy);
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, 'utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && 'syscall' in cause)) throw cause;
    const message =
      cause.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${String(cause.code)})`;
    throw fault(file, 0, message, 'Name a file of keys.');
  }
  yield rest;
}

function fault(file: string, line: number, message: string, remedy: string): ConfigError {
  return new ConfigError(file, [{ line, column: line === 0 ? 0 : 1, key: '', message, remedy }]);
}
