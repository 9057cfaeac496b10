import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Shape, shapes } from './shapes.ts';

/** What the command line of a bench says. */
export interface Settings {
  readonly shapes: readonly Shape[];
  readonly repeats: number;
  /** Of the sizes that the bench chose. */
  readonly scale: number;
  /** Folder for CPU profiles of the measured processes; null: none are taken. */
  readonly profileTo: string | null;
  /** Folder for the results. */
  readonly results: string;
}

/** Partitions of each topic: the default of a migration file. */
export const partitions = 12;

export function readSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      shapes: { type: 'string', default: shapes.join(',') },
      repeats: { type: 'string', default: '2' },
      scale: { type: 'string', default: '1' },
      profile: { type: 'string' },
      results: { type: 'string', default: fileURLToPath(new URL('../../bench/results', import.meta.url)) },
    },
  });
  return {
    shapes: shapes.filter((shape) => values.shapes.split(',').includes(shape)),
    repeats: Number(values.repeats),
    scale: Number(values.scale),
    profileTo: values.profile ?? null,
    results: values.results,
  };
}

/** A directory for exports, gone with the bench. */
export async function scratchDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'messina-bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
