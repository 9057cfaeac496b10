import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** So much of a child's stderr is told when its test fails. */
const STORY_CHARACTERS = 3_000;

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program, running as a child: what a user runs. */
export class Messina {
  /** All of the test file, in the order of their begin: a test that fails tells what they said. */
  static readonly begun: Messina[] = [];

  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #args: readonly string[];
  #leftRunning = false;
  #stdout = '';
  #stderr = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#args = args;
    Messina.begun.push(this);
    this.child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
    });
    this.child.stdout?.on('data', (text) => (this.#stdout += text));
    this.child.stderr?.on('data', (text) => (this.#stderr += text));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** What became of it, and the end of what it said on stderr. */
  get story(): string {
    const { exitCode, signalCode, pid } = this.child;
    const end = signalCode === null ? `has exited with ${exitCode}` : `was ended by ${signalCode}`;
    const state = this.running ? 'is running' : this.#leftRunning ? 'ran until the test ended' : end;
    const said = this.#stderr.slice(-STORY_CHARACTERS).split('\n').filter(Boolean);
    return [`messina ${this.#args.join(' ')} (pid ${pid}) ${state}`, ...said].join('\n  | ');
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  /** Ends with a test, whatever became of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) {
      this.#leftRunning = true;
      this.kill();
    }
    await this.ended;
  }
}

/** Runs a command to its end, as a child. */
export async function messina(...args: readonly string[]): Promise<Ended> {
  return new Messina(args).ended;
}

/** Runs a command that must succeed, and gives its JSON; in this process. */
export async function messinaJson<T>(...args: readonly string[]): Promise<T> {
  const ended = await messinaHere(...args, '--json');
  const said = `${ended.stderr}${ended.stdout}`;
  if (ended.code !== 0) throw new Error(`messina ${args.join(' ')} exited ${ended.code}: ${said}`);
  return JSON.parse(ended.stdout) as T;
}

/** Waits for the end, which must be this exit code; what it said on stderr is in the failure's message. */
export async function expectExit(ended: Promise<Ended>, code: number): Promise<Ended> {
  const result = await ended;
  if (result.code !== code)
    throw new Error(`exit code ${result.code} in place of ${code}:\n${result.stderr}`);
  return result;
}

/**
 * Runs a command to its end in this process, for what tests do again and again: a child takes the better part of a second of
 * a core to begin. What the program does as a process (signals, its end, what it leaves) is shown by the children of others.
 */
export async function messinaHere(...args: readonly string[]): Promise<Ended> {
  const [{ runCommandLine }, { actions }] = await Promise.all([
    import('../../../cli/run.ts'),
    import('../../../cli/actions.ts'),
  ]);
  const said = { stdout: '', stderr: '' };
  const code = await runCommandLine(args, actions, {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env: process.env,
    signal: new AbortController().signal,
  });
  return { code, ...said };
}
