import pino from 'pino';

export type Logger = pino.Logger;

/** Least severe level that is written; `silent` writes nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ['pretty', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

/** What log lines are written to, whole lines with their line end. */
export interface LogDestination {
  write(line: string): unknown;
}

export interface LogSettings {
  readonly level: LogLevel;
  /** `pretty`: a line for people; `json`: one JSON document per line. */
  readonly format: LogFormat;
  readonly destination: LogDestination;
  /** Whether pretty lines carry ANSI colours. */
  readonly color?: boolean;
}

/** Keys whose values are never written, wherever an object with them is logged. */
const secretKeys = ['password', 'secretAccessKey', 'sessionToken', 'clientSecret'];

/** ANSI colours of the levels, by pino's number. */
const colors: Readonly<Record<number, string>> = { 40: '33', 50: '31', 60: '31' };
const labels: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO ',
  40: 'WARN ',
  50: 'ERROR',
  60: 'FATAL',
};

/** An error as a log may carry it: a stack only at debug, because it is no help to an operator. */
function loggedError(error: unknown, isDebug: boolean): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? { code: String(error.code) } : {};
  const detail = 'detail' in error && typeof error.detail === 'object' ? { ...error.detail } : {};
  return { ...code, message: error.message, ...detail, ...(isDebug ? { stack: error.stack } : {}) };
}

function prettyValue(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) || value === '' ? JSON.stringify(value) : value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** One line of pino's JSON, for people: `12:34:56.789 INFO  message key=value`. */
function prettyLine(json: string, color: boolean): string {
  const { level, time, msg, err, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const number = Number(level);
  const label = labels[number] ?? String(level);
  const painted =
    color && colors[number] !== undefined ? `\u001b[${colors[number]}m${label}\u001b[0m` : label;
  const { stack, ...error } = (err ?? {}) as Record<string, unknown>;
  const facts = [
    ...Object.entries(rest),
    ...Object.entries(error).map(([key, value]) => [key === 'message' ? 'error' : key, value] as const),
  ].map(([key, value]) => ` ${key}=${prettyValue(value)}`);
  const clock = new Date(Number(time)).toISOString().slice(11, 23);
  return `${clock} ${painted} ${String(msg ?? '')}${facts.join('')}${stack === undefined ? '' : `\n${String(stack)}`}\n`;
}

/** A line with each key once, the last value: pino repeats what a child and its parent both say, which log stores refuse. */
const jsonLine = (json: string): string => `${JSON.stringify(JSON.parse(json))}\n`;

/**
 * The log of a process. Messages name things (tables, topics, codes, counts), never an item value or a secret.
 *
 * Facts go into the object, errors under `err`: `log.warn({ table, err }, 'The table is halted')`.
 */
export function createLogger({ level, format, destination, color = false }: LogSettings): Logger {
  const isDebug = level === 'debug' || level === 'trace';
  const written = format === 'json' ? jsonLine : (line: string) => prettyLine(line, color);
  const output = { write: (line: string) => destination.write(written(line)) };
  return pino(
    {
      level,
      base: null,
      serializers: { err: (error: unknown) => loggedError(error, isDebug) },
      redact: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
      timestamp: pino.stdTimeFunctions.epochTime,
    },
    { write: (line: string) => void output.write(line) },
  );
}
