import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgressRow } from '../progress.ts';
import type { Session } from '../session.ts';

/** What a step tells: bars while it runs, lines when something happens. */
export interface Telling {
  show(rows: readonly ProgressRow[]): void;
  note(text: string): void;
}

export const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const integers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
export const grouped = (n: number) => integers.format(n);

/** The demo as it happens, on stderr: numbered steps with what each took. */
export class Story {
  readonly #session: Session;
  #steps = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Runs one step.
   * @param title what is done, as an order
   * @param run does it; its text is what came of it
   */
  async step<T>(title: string, run: (telling: Telling) => Promise<readonly [T, string]>): Promise<T> {
    const { signal, progress } = this.#session;
    signal.throwIfAborted();
    const begunMs = performance.now();
    this.line(`${this.#bold(String(++this.#steps).padStart(2))}  ${this.#bold(title)}`);
    const [result, outcome] = await run({
      show: (rows) => progress.update(rows.map((row) => ({ ...row, label: `    ${row.label}` }))),
      note: (text) => this.line(`    ${text}`),
    });
    progress.done();
    signal.throwIfAborted();
    this.line(
      `    ${this.#green('✓')} ${[seconds(performance.now() - begunMs), outcome].filter(Boolean).join(', ')}`,
    );
    return result;
  }

  line(text: string): void {
    const { globals, progress } = this.#session;
    if (!globals.quiet) progress.above(`${text}\n`);
  }

  /** Waits; throws when interrupted. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#session.signal });
  }

  #bold(text: string): string {
    return this.#session.globals.color ? `\u001b[1m${text}\u001b[0m` : text;
  }

  #green(text: string): string {
    return this.#session.globals.color ? `\u001b[32m${text}\u001b[0m` : text;
  }
}
