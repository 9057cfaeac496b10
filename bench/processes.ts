import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Job } from './jobs.ts';
import type { Measured } from './meter.ts';

const programOf = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** Runs a job in a process of its own, which is what is measured. */
export async function runJob(job: Job, profileTo: string | null): Promise<Measured> {
  const flags =
    profileTo === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`, '--cpu-prof-interval=500'];
  const child = spawn(process.execPath, [...flags, programOf('child'), JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${job.variant} ended with ${code}`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measured;
}

export interface Stub extends AsyncDisposable {
  /** 127.0.0.1:port */
  readonly address: string;
}

/** Starts a stub of a target in a process of its own. It ends with us. */
export async function startStub(
  name: 'alternator-stub' | 'cql-stub',
  ...args: readonly string[]
): Promise<Stub> {
  const child = spawn(process.execPath, [programOf(name), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [port] = (await once(lines, 'line')) as [string];
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, 'close');
      child.stdin.end();
      await closed;
    },
  };
}
