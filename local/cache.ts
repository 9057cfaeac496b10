import { mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from './progress.ts';

/** A lock older than this belongs to nobody, even when another process has its holder's number by now. */
const lockAgeMaxMs = 20 * 60_000;

/** Where downloaded services are kept: `MESSINA_CACHE`, else `~/.cache/messina`. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['MESSINA_CACHE'] || join(homedir(), '.cache', 'messina');
}

export interface Fetch {
  /** Folder inside the cache; it names the version, so that another version never finds this one's files. */
  readonly folder: string;
  /** What people read while it goes on, e.g. `Kafka 4.3.1 (37 MB)`; nothing is said of quick local steps. */
  readonly title?: string;
  /** Fills an empty directory; what it leaves there is the result. A throw leaves the cache as it was. */
  readonly fill: (directory: string) => Promise<void>;
}

/**
 * Returns the cached folder, filling it first if this machine does not have it.
 *
 * A folder appears under its name only when complete (rename of a finished directory). Of several processes one
 * fetches and the others wait; should a dead holder's lock be taken over by two, both fetch and one result stays.
 */
export async function fetchOnce(fetch: Fetch, progress: Progress): Promise<string> {
  const target = join(cacheDirectory(), fetch.folder);
  if (await exists(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  await using _lock = await lock(`${target}.lock`, () =>
    progress(`waiting for another fetch of ${fetch.folder}`),
  );
  if (await exists(target)) return target;
  const unfinished = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  const startedAt = performance.now();
  if (fetch.title !== undefined) progress(`fetching ${fetch.title}`);
  try {
    await fetch.fill(unfinished);
    await rename(unfinished, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  if (fetch.title !== undefined) progress(`fetched ${fetch.title} in ${seconds} s`);
  return target;
}

/** Holds a file that says who is at work; waits while a living process has it. */
export async function lock(path: string, waiting: () => void): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    if (await isAbandoned(path)) {
      await rm(path, { force: true });
      continue;
    }
    if (attempt === 0) waiting();
    await sleep(200);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    const holder = Number(await readFile(path, 'utf8'));
    // A file without a number is a holder between its open and its write.
    if (!(holder > 0)) return ageMs > 5_000;
    if (ageMs > lockAgeMaxMs) return true;
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return isCode(error, 'ESRCH');
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
