import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Runs a line as a user's shell does. @returns what it printed; throws what it said where it fails. */
export async function shell(line: string, folder: string): Promise<string> {
  const child = spawn('sh', ['-c', line], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`exit code ${code} of ${line}: ${stderr}${stdout}`);
  return stdout;
}

/** Throws a sentence where this machine lacks a tool that the pages tell users to use. */
export async function expectTools(...tools: readonly string[]): Promise<void> {
  for (const tool of tools) {
    await shell(`command -v ${tool}`, '/').catch(() => {
      throw new Error(`This test runs commands of docs/ as they stand there, and needs ${tool}: install it`);
    });
  }
}

/** What a pattern's first group finds in a page of docs/. */
export function inPage(page: string, pattern: RegExp): string {
  const path = fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url));
  const [, found] = pattern.exec(readFileSync(path, 'utf8')) ?? [];
  if (found === undefined) throw new Error(`docs/${page} has nothing like ${pattern}`);
  return found;
}
