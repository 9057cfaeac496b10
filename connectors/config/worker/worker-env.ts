const PREFIX = 'CONNECT_';

/** Variables of Confluent's images that are no keys of the worker. */
const others = /^CONNECT_(LOG4J_|TOOLS_LOG4J_|CUSTOM_)/;

/**
 * The keys that `CONNECT_…` variables stand for, as Confluent's images have it (confluent-docker-utils, env_to_props): small
 * letters, `_` is a dot, `__` an underscore, `___` a hyphen. An empty variable says nothing.
 *
 * @returns by key, its text and the variable
 */
export function workerVariables(
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, { readonly text: string; readonly variable: string }> {
  const keys = new Map<string, { text: string; variable: string }>();
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || others.test(variable) || text === undefined || text === '') continue;
    keys.set(keyOf(variable.slice(PREFIX.length)), { text, variable });
  }
  return keys;
}

function keyOf(name: string): string {
  const signs: Readonly<Record<number, string>> = { 1: '.', 2: '_', 3: '-' };
  return name.toLowerCase().replace(/_+/g, (run) => signs[run.length] ?? run);
}
