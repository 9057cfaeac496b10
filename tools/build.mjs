import { chmodSync, cpSync, existsSync, readdirSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { programPath, runQuietly } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Rooms whose files beside TypeScript are read at run time: schemas, the services' pom and Java, the dashboard's pages. */
const rooms = [
  'schemas',
  'dynamodb',
  'connectors',
  'source',
  'sink',
  'migration',
  'cli',
  'dashboard',
  'local',
  'workload',
];

/** Compiles into dist/ and copies what lies beside the code. */
export async function build() {
  await runQuietly('build', process.execPath, [programPath('tsc'), '-p', root]);
  for (const room of rooms.filter((name) => existsSync(`${root}${name}`))) copyAssets(room);
  const program = `${root}dist/cli/main.js`;
  if (existsSync(program)) chmodSync(program, 0o755);
}

function copyAssets(room) {
  for (const file of readdirSync(`${root}${room}`, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || /\.(ts|md)$|^Dockerfile$/.test(file.name)) continue;
    const path = `${file.parentPath ?? file.path}/${file.name}`;
    cpSync(path, `${root}dist/${path.slice(root.length)}`);
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await build();
