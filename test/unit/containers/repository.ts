import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A file of the repository as text, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

export const packageJson = JSON.parse(textOf('package.json')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};
