import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs the service under a shell that watches us: its standard input is our end of a socket, which the system closes
 * however we end (exit, Ctrl-C, SIGKILL), and at that end it kills the service and removes its scratch directory.
 *
 * `read` waits for that end inside the shell, without a further process. The shell hands signals on to the service alone
 * (TERM, and USR2 as KILL) and ends after it, so that its end proves the service's, and the watch outlives a slow stop.
 */
const guardScript = `
scratch=$1; shift
exec 3<&0 0</dev/null
trap 'orphaned=1' USR1
trap 'kill -KILL $service' USR2
trap 'kill -TERM $service' TERM
"$@" 3<&- & service=$!
{ read -r _; kill -USR1 $$; kill -KILL $service; } <&3 >/dev/null 2>&1 & watch=$!
exec 3<&- 2>/dev/null
wait $service; status=$?
while kill -0 $service; do wait $service; status=$?; done
kill -KILL $watch
[ -z "$orphaned" ] || [ -z "$scratch" ] || rm -rf "$scratch"
exit $status
`;

export interface ProcessOptions {
  /** For people, in errors. */
  readonly title: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory: string;
  /** File that takes stdout and stderr; it is continued, not overwritten. */
  readonly log: string;
  /** One look whether the service answers; false and a throw both mean "not yet". */
  readonly ready: () => Promise<boolean>;
  readonly readyTimeoutMs?: number;
  /** A directory of our own making, removed when we die without stopping the service. */
  readonly scratch?: string;
}

/** A running service. Disposing stops it. */
export interface ServiceProcess extends AsyncDisposable {
  readonly running: boolean;
  /** SIGTERM, then SIGKILL after `graceMs` (default 10 s). Resolves when the process is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL, as a crash. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts a service and waits until it answers. It never outlives this process. */
export async function startProcess(options: ProcessOptions): Promise<ServiceProcess> {
  const log = openSync(options.log, 'a');
  const child = spawn('sh', ['-c', guardScript, 'guard', options.scratch ?? '', ...options.command], {
    cwd: options.directory,
    env: { ...process.env, ...options.environment },
    // A group of its own: the terminal's Ctrl-C reaches us alone, and we decide when the service ends.
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  child.stdin?.on('error', () => {});
  const exited = once(child, 'exit');
  await once(child, 'spawn');
  // A process that has nothing else to do may end; the guard then ends the service.
  child.unref();
  unrefSocket(child.stdin);
  const service = serviceOf(child, exited);
  try {
    await waitUntilReady(options, child);
  } catch (error) {
    await service.kill();
    throw error;
  }
  return service;
}

function serviceOf(child: ChildProcess, exited: Promise<unknown>): ServiceProcess {
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const end = async (signal: 'SIGTERM' | 'SIGUSR2', graceMs: number) => {
    if (!isRunning()) return;
    child.ref();
    const timers = [
      setTimeout(() => child.kill('SIGUSR2'), graceMs),
      setTimeout(() => killGroup(child), graceMs + 5_000),
    ];
    child.kill(signal);
    await exited;
    for (const timer of timers) clearTimeout(timer);
    child.stdin?.destroy();
  };
  const stop = (graceMs = 10_000) => end('SIGTERM', graceMs);
  return {
    get running() {
      return isRunning();
    },
    stop,
    kill: () => end('SIGUSR2', 1_000),
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** The shell too, should it not have done what it was told. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already, which is what was asked for.
  }
}

async function waitUntilReady(options: ProcessOptions, child: ChildProcess): Promise<void> {
  const timeoutMs = options.readyTimeoutMs ?? 180_000;
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${options.title} ended while starting:\n${await lastLines(options.log)}`);
    }
    if (await options.ready().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`${options.title} did not answer within ${timeoutMs} ms:\n${await lastLines(options.log)}`);
}

/** The end of a log, for errors. */
export async function lastLines(path: string, count = 20): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function unrefSocket(stream: unknown): void {
  if (stream instanceof Object && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
}
