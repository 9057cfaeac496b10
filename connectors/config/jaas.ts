/** What `sasl.jaas.config` says: the login module's class, and its options. */
export interface JaasConfig {
  /** Without its package: `PlainLoginModule`. */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

const OPTION = /^\s*([\w.-]+)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s;"']+)/s;

/**
 * Reads one login module as Kafka does (JaasConfig): `class required key="value" …;`.
 *
 * @returns null for a text that is none
 */
export function parseJaas(text: string): JaasConfig | null {
  const head = /^\s*([\w.$]+)\s+(required|requisite|sufficient|optional)\b/i.exec(text);
  if (head === null) return null;
  const options = new Map<string, string>();
  let rest = text.slice(head[0].length);
  for (let option = OPTION.exec(rest); option !== null; option = OPTION.exec(rest)) {
    const [whole, key = '', value = ''] = option;
    options.set(key, unquoted(value));
    rest = rest.slice(whole.length);
  }
  if (!/^\s*;\s*$/.test(rest)) return null;
  const name = head[1] ?? '';
  return { module: name.slice(name.lastIndexOf('.') + 1), options };
}

const unquoted = (value: string) =>
  /^["']/.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
