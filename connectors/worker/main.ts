import { parseArgs } from 'node:util';
import { ConfigError } from '../config/errors.ts';
import { asConnectError, ConnectError } from '../errors.ts';
import { createLogger, type LogFormat, type LogLevel, logFormats, logLevels } from '../log.ts';
import type { PluginsModule } from '../plugins.ts';
import { version } from '../version.ts';
import { runWorker } from './run-worker.ts';

export interface MainOptions {
  /** `source` or `sink`, for messages. */
  readonly name: string;
  readonly own: PluginsModule;
  /** URL of {@link own}. */
  readonly pluginsModule: string;
}

const usage = (name: string) => `Usage: ${name} [options] [CONFIG]

Runs a worker of a group until SIGTERM or SIGINT. CONFIG is its configuration (.properties, .yaml or .json); without it,
and over it, the environment counts: CONNECT_BOOTSTRAP_SERVERS, CONNECT_GROUP_ID and so on.

Options:
  --log-level LEVEL    ${logLevels.join(', ')} (default: info)
  --log-format FORMAT  ${logFormats.join(', ')} (default: json)
  --version            print the version
  --help               print this
`;

/** The program of a container image: a worker, its logs on stderr. @returns the exit code. */
export async function workerMain(args: readonly string[], options: MainOptions): Promise<number> {
  const { stdout, stderr, env } = process;
  let said: ReturnType<typeof readArgs>;
  try {
    said = readArgs(args);
  } catch (error) {
    stderr.write(
      `error: ${error instanceof Error ? error.message : String(error)}\n\n${usage(options.name)}`,
    );
    return 2;
  }
  if (said.help || said.version) {
    stdout.write(said.help ? usage(options.name) : `${version()}\n`);
    return 0;
  }
  const log = createLogger({ level: said.level, format: said.format, destination: stderr });
  const ended = new AbortController();
  process.once('SIGTERM', () => ended.abort());
  process.once('SIGINT', () => ended.abort());
  try {
    const { own, pluginsModule } = options;
    await runWorker({ config: said.config, own, pluginsModule, env, log, signal: ended.signal });
    return 0;
  } catch (error) {
    stderr.write(errorText(error));
    if (error instanceof ConfigError) return 2;
    return error instanceof ConnectError ? error.exit : 1;
  }
}

function readArgs(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'log-level': { type: 'string', default: 'info' },
      'log-format': { type: 'string', default: 'json' },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (positionals.length > 1) throw new Error(`one CONFIG, not ${positionals.length}`);
  const level = oneOf('--log-level', values['log-level'], logLevels) as LogLevel;
  const format = oneOf('--log-format', values['log-format'], logFormats) as LogFormat;
  return { config: positionals[0] ?? null, level, format, help: values.help, version: values.version };
}

function oneOf(option: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  throw new Error(`${option} must be one of ${known.join(', ')}`);
}

/** What happened, its code and what to do; every problem of a configuration. */
function errorText(thrown: unknown): string {
  if (thrown instanceof ConfigError) {
    const lines = thrown.problems.map(({ key, message, remedy }) => `  ${key} ${message}\n    → ${remedy}\n`);
    return `error: ${thrown.message} (${thrown.code})\n${lines.join('')}`;
  }
  const { message, code, hint } = asConnectError(thrown);
  return `error: ${message} (${code})\n  → ${hint}\n`;
}
