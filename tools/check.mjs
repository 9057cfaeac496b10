import { fileURLToPath } from 'node:url';
import { installPackages } from './bootstrap.mjs';
import { runPackage } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await installPackages();
const checks = [
  ['types', 'tsc', ['-p', '.', '--noEmit', '--incremental', 'false']],
  ['format and lint', 'biome', ['check', '.']],
  ['architecture', 'vitest', ['run', '--project', 'unit', '--reporter', 'dot', 'test/architecture.test.ts']],
];
const failed = [];
for (const [title, program, args] of checks) {
  if ((await runPackage(program, args, { cwd: root })) !== 0) failed.push(title);
}
process.stderr.write(failed.length === 0 ? 'all checks passed\n' : `failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
