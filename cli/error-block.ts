import { CommanderError } from 'commander';
import { ConfigError } from '../connectors/config/errors.ts';
import { asConnectError } from '../connectors/errors.ts';
import { isAbort, UsageError } from './exit.ts';

export interface ErrorBlockSettings {
  /** Whether the stack, and those of the causes, are shown: only with `--log-level debug`. */
  readonly stack: boolean;
  readonly color: boolean;
}

interface Block {
  readonly message: string;
  readonly code: string;
  readonly lines: readonly string[];
}

const configBlock = (error: ConfigError): Block => ({
  message: error.message,
  code: error.code,
  lines: error.problems.flatMap(({ line, column, key, message, remedy }) => {
    const place = line === 0 ? error.file : `${error.file}:${line}:${column}`;
    return [`${place}  ${key === '' ? '' : `${key} `}${message}`, `  → ${remedy}`];
  }),
});

/** Commander's message is `error: …`, with a suggestion on a second line; where it would print help, `(outputHelp)`. */
function commanderBlock(error: CommanderError): Block {
  if (error.code === 'commander.help') {
    return {
      message: 'messina needs one of its commands',
      code: 'USAGE',
      lines: ['→ See `messina --help` for what there is.'],
    };
  }
  const [first = '', ...suggestion] = error.message.replace(/^error: /, '').split('\n');
  const remedy = suggestion.join(' ').replace(/^\((.*)\)$/, '$1');
  return {
    message: first,
    code: 'USAGE',
    lines: [
      `→ ${remedy === '' ? '`messina --help` and `messina COMMAND --help` list what there is.' : remedy}`,
    ],
  };
}

function blockOf(thrown: unknown): Block {
  if (thrown instanceof ConfigError) return configBlock(thrown);
  if (thrown instanceof UsageError) {
    return { message: thrown.message, code: thrown.code, lines: [`→ ${thrown.remedy}`] };
  }
  if (thrown instanceof CommanderError) return commanderBlock(thrown);
  if (isAbort(thrown)) {
    return {
      message: 'Interrupted before it was done',
      code: 'INTERRUPTED',
      lines: ['→ The same command goes on.'],
    };
  }
  const error = asConnectError(thrown);
  const detail = Object.entries(error.detail).map(([key, value]) => `${key}: ${value}`);
  return { message: error.message, code: error.code, lines: [...detail, `→ ${error.hint}`] };
}

/** The stacks of an error and its causes, outermost first. */
function stacks(thrown: unknown): string[] {
  const lines: string[] = [];
  for (let error = thrown; error instanceof Error; error = error.cause) {
    lines.push(...(error.stack ?? error.message).split('\n'));
  }
  return lines;
}

/** An error as one block for stderr: what happened, its code, where, and what to do. Ends with a line end. */
export function errorBlock(thrown: unknown, { stack, color }: ErrorBlockSettings): string {
  const { message, code, lines } = blockOf(thrown);
  const word = color ? '\u001b[31merror\u001b[0m' : 'error';
  const below = [...lines, ...(stack ? stacks(thrown) : [])];
  return `${word}: ${message} (${code})\n${below.map((line) => `  ${line}\n`).join('')}`;
}
