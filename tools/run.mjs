import { spawn } from 'node:child_process';

/** Runs a command with our terminal as its own and returns its exit code. */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  return ended(child);
}

/** Runs a command in silence; what it printed appears only when it fails, and then we end with its code. */
export async function runQuietly(title, command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const code = await ended(child);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  process.stderr.write(`${title} failed\n`);
  process.exit(code);
}

/** Runs a program of a package of ours. */
export function runPackage(program, args, options = {}) {
  return run(process.execPath, [programPath(program), ...args], options);
}

/** Entry files of the packages' programs, so that no shell and no npx is needed. */
export function programPath(program) {
  const paths = {
    tsc: '../node_modules/typescript/bin/tsc',
    biome: '../node_modules/@biomejs/biome/bin/biome',
    vitest: '../node_modules/vitest/vitest.mjs',
  };
  return new URL(paths[program], import.meta.url).pathname;
}

function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code, signal) => resolve(signal === null ? code : 1));
  });
}
