import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ProcessOptions, startProcess } from '../../../local/process.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'messina-process-test-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A service that writes its process id into a file and then stays. */
function staying(extra = ''): ProcessOptions {
  const script = `require('fs').writeFileSync('pid', String(process.pid)); ${extra}; setInterval(() => {}, 1000)`;
  return {
    title: 'The service',
    command: [process.execPath, '-e', script],
    directory,
    log: join(directory, 'log'),
    ready: async () => (await pid()) > 0,
  };
}

async function pid(): Promise<number> {
  return Number(await readFile(join(directory, 'pid'), 'utf8'));
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

test('a service runs until it is stopped', async () => {
  await using service = await startProcess(staying());
  const id = await pid();
  expect([service.running, isAlive(id)]).toEqual([true, true]);
  await service.stop();
  expect([service.running, isAlive(id)]).toEqual([false, false]);
});

test('a service that ignores SIGTERM is killed after the grace', async () => {
  await using service = await startProcess(staying(`process.on('SIGTERM', () => {})`));
  const id = await pid();
  await service.stop(50);
  expect(isAlive(id)).toBe(false);
});

test('a killed service leaves its directory for the next start', async () => {
  await using service = await startProcess({ ...staying(), scratch: directory });
  const id = await pid();
  await service.kill();
  expect([isAlive(id), existsSync(directory)]).toEqual([false, true]);
});

test('a service that ends while starting fails with the end of its log', async () => {
  const options = {
    ...staying(),
    command: ['sh', '-c', 'echo port taken; exit 3'],
    ready: async () => false,
  };
  await expect(startProcess(options)).rejects.toThrow(/The service ended while starting:\nport taken/);
});

test('a service that never answers is killed, and the error shows its log', async () => {
  const options = {
    ...staying(),
    // Begins faster than Node, which a busy machine may take seconds for.
    command: ['sh', '-c', 'echo $$ > pid; echo waiting; exec sleep 1000'],
    ready: async () => false,
    readyTimeoutMs: 1500,
  };
  await expect(startProcess(options)).rejects.toThrow(/did not answer within 1500 ms:\nwaiting/);
  expect(isAlive(await pid())).toBe(false);
});

test('a service and its scratch directory go when the process that started it is killed', async () => {
  const scratch = join(directory, 'scratch');
  await mkdir(scratch);
  const program = join(directory, 'parent.ts');
  const processModule = new URL('../../../local/process.ts', import.meta.url).pathname;
  const options = JSON.stringify({ ...staying(), scratch });
  await writeFile(
    program,
    `import { existsSync } from 'node:fs';
     import { startProcess } from ${JSON.stringify(processModule)};
     const ready = async () => existsSync(${JSON.stringify(join(directory, 'pid'))});
     startProcess({ ...${options}, ready }).then(() => { console.log('started'); setInterval(() => {}, 1000); });`,
  );
  const parent = spawn(process.execPath, ['--import', 'tsx', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(parent.stdout, 'data');
  const id = await pid();
  parent.kill('SIGKILL');
  await expect.poll(() => [isAlive(id), existsSync(scratch)], { timeout: 30_000 }).toEqual([false, false]);
});
