import { createLogger, type Logger } from '../connectors/log.ts';
import type { Migration } from '../migration/config/defaults.ts';
import type { Needs } from '../migration/config/needs.ts';
import type { ExitCode } from './exit.ts';
import type { GlobalOptions } from './global-options.ts';
import { createProgress, type Progress, type ProgressStream } from './progress.ts';

/** What the process around a command gives it; tests give their own. */
export interface Surroundings {
  readonly stdout: ProgressStream;
  readonly stderr: ProgressStream;
  /** Asked for confirmations; absent: nobody is there. */
  readonly stdin?: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at the first interrupt. */
  readonly signal: AbortSignal;
}

/** What an action works with. */
export interface Session extends Surroundings {
  readonly globals: GlobalOptions;
  readonly log: Logger;
  readonly progress: Progress;
  /** Reads and checks a migration file; throws ConfigError. */
  load(file: string, needs?: Needs): Promise<Migration>;
  /** Prints a result: one JSON document on a line. */
  printJson(value: unknown): void;
  /** Prints a result for people; with `--json` nothing. */
  print(text: string): void;
}

/** What a command does once its line is understood. */
export type Action<O> = (session: Session, options: O) => Promise<ExitCode>;

/** Runs a command's action, and keeps its exit code. */
export type Run<O> = (options: O) => Promise<void>;

/** Opens what an action works with; bars of progress stay below the lines of the log. */
export function openSession(globals: GlobalOptions, around: Surroundings): Session {
  const progress = createProgress(around.stderr, { quiet: globals.quiet, format: globals.logFormat });
  return {
    ...around,
    globals,
    progress,
    log: createLogger({
      level: globals.logLevel,
      format: globals.logFormat,
      color: globals.color,
      destination: { write: (line) => progress.above(line) },
    }),
    async load(file, needs) {
      const { loadMigration } = await import('../migration/config/load.ts');
      return loadMigration(file, around.env, needs);
    },
    printJson: (value) => void around.stdout.write(`${JSON.stringify(value)}\n`),
    print: (text) => void (globals.json || around.stdout.write(`${text}\n`)),
  };
}
