import type { DemoOptions, DemoTarget } from '../commands/demo.ts';

export interface Settings {
  readonly target: DemoTarget;
  readonly table: string;
  readonly items: number;
  /** Changes per second of the workload. */
  readonly rate: number;
  readonly slackSeconds: number;
  /** Rows per second that Alternator's sink may write. */
  readonly writesPerSecond: number;
  /** The workload goes on until it made this many, however soon all is loaded. */
  readonly changesMin: number;
  readonly seed: number;
}

export function settingsOf(options: DemoOptions): Settings {
  const items = options.items ?? 30_000;
  const rate = options.changesPerSecond ?? 200;
  return {
    target: options.target,
    table: 'Music',
    items,
    rate,
    slackSeconds: 5,
    // Loading takes ten seconds, so that a kill can hit its middle; changes must not wait for it.
    writesPerSecond: Math.max(500, Math.ceil(items / 10), rate * 3),
    // A slow workload is not waited for by the hour.
    changesMin: Math.min(2_000, rate * 20),
    seed: 7,
  };
}
