import { CommanderError } from 'commander';
import { ConfigError } from '../connectors/config/errors.ts';
import { ConnectError } from '../connectors/errors.ts';

/** How a command ended, as the shell sees it. */
export const exitCodes = {
  /** Done. */
  done: 0,
  /** Failed after the start: a bad record or file that halts, a service that stays unreachable. */
  failed: 1,
  /** Usage or configuration: flags, file. */
  usage: 2,
  /** `verify` found differences. */
  differences: 3,
  /** Refused by what was found, or not ready. */
  refused: 4,
  /** Interrupted before it was done, or twice. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command line that cannot be carried out, whatever the services say. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
  /** What to do, as a sentence. */
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** Whether something was thrown because the first interrupt aborted it. */
export const isAbort = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === 'AbortError';

/** The exit code of a command that threw. */
export function exitCodeOf(thrown: unknown): ExitCode {
  if (thrown instanceof ConfigError || thrown instanceof UsageError) return exitCodes.usage;
  // Commander ends --help and --version by throwing, with code 0; all else it throws is usage.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (thrown instanceof ConnectError) return thrown.exit;
  return isAbort(thrown) ? exitCodes.interrupted : exitCodes.failed;
}
