import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, fetchOnce, lock } from './cache.ts';
import type { Progress } from './progress.ts';
import { requireJdk, runTool } from './toolchain.ts';

const pomPath = fileURLToPath(new URL('./pom.xml', import.meta.url));

export interface JarSet {
  /** A profile of pom.xml. */
  readonly profile: string;
  readonly version: string;
  readonly title: string;
}

/** Returns the folder with a service's jars (and native libraries), fetched through Maven. */
export async function fetchJars(set: JarSet, progress: Progress): Promise<string> {
  const fill = async (directory: string) => {
    await requireJdk();
    // Maven 3 does not guard its local repository against two processes.
    await using _maven = await lock(join(cacheDirectory(), 'maven.lock'), () => {});
    await runTool('mvn', [
      '--batch-mode',
      '--quiet',
      '--file',
      pomPath,
      '--activate-profiles',
      set.profile,
      'dependency:copy-dependencies',
      `-DoutputDirectory=${directory}`,
      '-DincludeScope=runtime',
    ]);
  };
  return fetchOnce({ folder: `${set.profile}-${set.version}`, title: set.title, fill }, progress);
}

/** Compiles one of our Java files against a service's jars, once per content, and returns its class folder. */
export async function compileJava(file: string, jars: string, progress: Progress): Promise<string> {
  const source = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const digest = createHash('sha256')
    .update(await readFile(source))
    .update(jars)
    .digest('hex')
    .slice(0, 12);
  const fill = async (directory: string) => {
    await runTool('javac', ['-cp', join(jars, '*'), '-d', directory, source]);
  };
  return fetchOnce({ folder: `classes-${digest}`, fill }, progress);
}
