import type { ConnectError } from '../errors.ts';

const TABLES_MAX = 20;
const MESSAGE_CHARS_MAX = 1000;

/**
 * What a FAILED task says in its status (Kafka Connect: `trace`): what halted each table, and what to do.
 *
 * Tables that halted first come first, as what follows may come of that; beyond 20 there is only their number. Nobody
 * else's stack or values: messages name things only.
 *
 * @param errors by table, in the order of their halts; of a task or connector as a whole under the empty name.
 */
export function traceOf(
  errors: ReadonlyMap<string, ConnectError>,
  { stacks = false }: { readonly stacks?: boolean } = {},
): string {
  const lines = [...errors].slice(0, TABLES_MAX).flatMap(([table, error]) => {
    const message = cut(error.message);
    return [
      `${error.code}: ${message}`,
      `\t${table === '' ? '' : `table ${table}: `}${error.hint}`,
      ...(stacks ? stackOf(error) : []),
    ];
  });
  const more = errors.size - TABLES_MAX;
  if (more > 0) lines.push(`… and ${more} more tables: see the status of each, or the log`);
  return lines.join('\n');
}

function stackOf({ stack = '', message }: ConnectError): string[] {
  const frames = stack.slice(stack.indexOf(message) + message.length).split('\n');
  return frames.flatMap((frame) => (frame.trim() === '' ? [] : [`\t${frame.trim()}`]));
}

function cut(message: string): string {
  return message.length <= MESSAGE_CHARS_MAX ? message : `${message.slice(0, MESSAGE_CHARS_MAX)}…`;
}
