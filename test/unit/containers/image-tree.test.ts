import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { allOf, copiesOf, execForm } from './dockerfile.ts';
import { type Image, images } from './images.ts';
import { packageJson, root } from './repository.ts';

const run = promisify(execFile);

describe.each(images)('the files of the $worker image, by themselves', (image) => {
  test('compile, and hold every module and package that the worker loads', { timeout: 120_000 }, async () => {
    await using tree = await builtTree(image);
    const { code, output } = await start(tree.path, image, 'missing.properties');
    expect(output).not.toMatch(/ERR_MODULE_NOT_FOUND|Cannot find (module|package)|ENOENT.*dist/);
    expect(output).toContain('missing.properties');
    expect(code).toBe(2);
  });
});

/** What the Dockerfile copies, built as it builds it, with links to the packages that it keeps. */
async function builtTree({ build, removed }: Image): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'messina-image-'));
  for (const { sources, destination } of copiesOf(build)) {
    for (const source of sources) {
      const target =
        destination === `${source}/` ? source : join(destination, source.split('/').at(-1) ?? '');
      await cp(`${root}${source}`, join(path, target), { recursive: true });
    }
  }
  await symlink(`${root}node_modules`, join(path, 'node_modules'));
  const command = allOf(build, 'RUN').find((rest) => rest.startsWith('node ')) ?? '';
  const [, script = ''] = command.split(' ');
  await run(execPath, [script], { cwd: path });
  await rm(join(path, 'node_modules'));
  for (const name of Object.keys(packageJson.dependencies).filter((name) => !removed.includes(name))) {
    const link = join(path, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(`${root}node_modules/${name}`, link);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Starts the image's entry point with one argument; the worker is to refuse it. */
async function start(path: string, { final }: Image, argument: string) {
  const [, entry = ''] = execForm(allOf(final, 'ENTRYPOINT')[0]!);
  try {
    const { stdout, stderr } = await run(execPath, [entry, argument], { cwd: path, timeout: 60_000 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}
