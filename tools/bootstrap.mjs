import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { runQuietly } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Makes a fresh clone ready to run: Node's version, the packages, the build. Quick when there is nothing to do. */
export async function bootstrap() {
  await installPackages();
  await build();
}

/** Installs the packages of the lockfile unless those of exactly this lockfile are there. */
export async function installPackages() {
  requireNode();
  const installed = `${root}node_modules/.package-lock.json`;
  const isFresh =
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
  if (isFresh) return;
  process.stderr.write('installing packages\n');
  await runQuietly('npm ci', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root });
}

/** Downloads what the tests or the demo start, with progress; a missing tool is one sentence. */
export async function fetchServices(options) {
  const { fetchLocalServices } = await import('../dist/local/services.js');
  try {
    await fetchLocalServices(options);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function requireNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 20) return;
  process.stderr.write(`Messina needs Node 20 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
