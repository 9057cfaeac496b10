import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../exit.ts';

/**
 * Whether a file that a result is to go to can be written, found out before anything is read: that costs time and money.
 *
 * @param option the flag that names the file, such as `--output`
 * @returns whether it is there already
 * @throws {UsageError} when it is a directory, or in none that is there and writable
 */
export async function checkWritable(path: string, option: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) throw new UsageError(`${path} is no file`, `Name a file with ${option}.`);
  const place = found === null ? dirname(resolve(path)) : path;
  await access(place, constants.W_OK).catch((cause: unknown) => {
    const reason =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'is not there' : null;
    throw new UsageError(
      `${path} cannot be written: ${place} ${reason ?? 'is not writable'}`,
      `Name a file with ${option} in a directory that exists and is writable.`,
    );
  });
  return found !== null;
}
