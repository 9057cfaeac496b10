import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a service keeps its data and its log. */
export interface WorkDirectory {
  readonly path: string;
  /** The path again when we made it ourselves, to be removed with the service. */
  readonly scratch: string | undefined;
  remove(): Promise<void>;
}

/** Takes the caller's directory, which stays, or makes a temporary one, which goes with the service. */
export async function workDirectory(title: string, given: string | undefined): Promise<WorkDirectory> {
  if (given !== undefined) {
    await mkdir(given, { recursive: true });
    return { path: given, scratch: undefined, remove: async () => {} };
  }
  const path = await mkdtemp(join(tmpdir(), `messina-${title}-`));
  return { path, scratch: path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
