import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from '../../local/process.ts';

/** A command of ours that runs as a process of its own. Disposing ends it. */
export interface Child extends AsyncDisposable {
  /** The command line, for people. */
  readonly line: string;
  readonly running: boolean;
  /** Its stdout, once it ended; rejects with the end of its log unless it exited with an expected code. */
  readonly result: Promise<{ readonly code: number; readonly stdout: string }>;
  /** The last line of its log (progress, mostly); empty when there is none yet. */
  lastWord(): Promise<string>;
  /** SIGKILL, as a crash. Resolves when it is gone. */
  crash(): Promise<void>;
  /** SIGTERM, as a supervisor's stop: it finishes what is in flight. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Ends a child when its standard input ends: the system closes that however we end, also by SIGKILL. */
const guard = `data:text/javascript,${encodeURIComponent(
  "process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).resume().unref();",
)}`;

/** What a clean stop may take before it becomes a kill: `migrate` itself gives up after 30 s. */
const stopMaxMs = 35_000;

export interface ChildOptions {
  /** Where its log goes. */
  readonly directory: string;
  /** File name of the log, without its ending. */
  readonly log: string;
  /** Exit codes that are a result; default: 0. */
  readonly codes?: readonly number[];
  /** Kills it, and rejects its result with the reason. */
  readonly signal: AbortSignal;
}

/** Starts this very program with other arguments, as a shell would. */
export function startChild(args: readonly string[], options: ChildOptions): Child {
  const log = join(options.directory, `${options.log}.log`);
  const logFile = openSync(log, 'a');
  const entry = process.argv[1]!;
  const child = spawn(process.execPath, [...process.execArgv, '--import', guard, entry, ...args], {
    // A group of its own: the terminal's Ctrl-C reaches us alone, and we decide when it ends.
    detached: true,
    stdio: ['pipe', 'pipe', logFile],
  });
  closeSync(logFile);
  const line = `messina ${args.join(' ')}`;
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stdin?.on('error', () => {});
  const closed = once(child, 'close');
  let ending = false;
  const interrupted = () => void child.kill('SIGKILL');
  options.signal.addEventListener('abort', interrupted, { once: true });
  const finish = async () => {
    await closed;
    options.signal.removeEventListener('abort', interrupted);
    options.signal.throwIfAborted();
    const code = child.exitCode ?? -1;
    if (!ending && !(options.codes ?? [0]).includes(code)) {
      throw new Error(`${line} ended with ${child.signalCode ?? code}:\n${await lastLines(log)}`);
    }
    return { code, stdout: Buffer.concat(output).toString() };
  };
  const result = finish();
  // Whoever waits for it learns of a failure; nobody has to listen before.
  result.catch(() => {});
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    ending = true;
    if (!child.kill(signal)) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMaxMs);
    await closed.finally(() => clearTimeout(timer));
  };
  return {
    line,
    result,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    lastWord: () => lastLines(log, 1),
    crash: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}
