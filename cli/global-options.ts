import { type Command, Option } from 'commander';
import { type LogFormat, type LogLevel, logFormats, logLevels } from '../connectors/log.ts';

/** Options of every command, before or after its name. */
export interface GlobalOptions {
  /** stdout is one JSON document, or one per line for streams of results. */
  readonly json: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly color: boolean;
  /** No progress, and only warnings in the log. */
  readonly quiet: boolean;
}

export function addGlobalOptions(program: Command): void {
  program
    .option('--json', 'print results as JSON')
    .addOption(
      new Option('--log-level <level>', 'least severe level logged (default: info)').choices(logLevels),
    )
    .addOption(
      new Option('--log-format <format>', 'how the log is written (default: pretty)').choices(logFormats),
    )
    .option('--no-color', 'no colours')
    .option('-q, --quiet', 'no progress, and only warnings in the log');
}

/** A commander value that is one of the choices it was checked against. */
const chosen = <T extends string>(value: unknown, choices: readonly T[], fallback: T): T =>
  choices.find((choice) => choice === value) ?? fallback;

/** The global options as parsed so far; also usable after a usage error. */
export function readGlobalOptions(program: Command, colorAllowed: boolean): GlobalOptions {
  const raw = program.opts();
  const quiet = raw['quiet'] === true;
  return {
    json: raw['json'] === true,
    logLevel: chosen(raw['logLevel'], logLevels, quiet ? 'warn' : 'info'),
    logFormat: chosen(raw['logFormat'], logFormats, 'pretty'),
    color: colorAllowed && raw['color'] !== false,
    quiet,
  };
}
