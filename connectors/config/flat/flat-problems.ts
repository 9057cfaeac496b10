import type { FlatProblem } from './flat.ts';
import type { FlatConfig } from './flat-config.ts';

/** Keys whose values no message may show. */
export type Hidden = ReadonlySet<string>;

/**
 * A value as a message may show it: a secret not at all, nor the user and password inside a URL; a long one its beginning.
 */
function shownValue(text: string, isHidden: boolean): string {
  if (isHidden) return '[hidden]';
  const open = text.replace(/\/\/[^/@\s]*@/g, '//…@');
  return open.length > 200 ? `${open.slice(0, 200)}…` : open;
}

/** A value that cannot be used, as Kafka words it (org.apache.kafka.common.config.ConfigException). */
export function invalid(key: string, text: string, what: string, isHidden = false): FlatProblem {
  return { key, message: `Invalid value ${shownValue(text, isHidden)} for configuration ${key}: ${what}` };
}

/** A key that must be there and is not, as Kafka words it (ConfigDef.parseValue). */
export function missing(key: string): FlatProblem {
  return { key, message: `Missing required configuration "${key}" which has no default value.` };
}

/** Problems without the values of hidden keys, which one key's rule may quote in the message of another's. */
export function concealed(
  problems: readonly FlatProblem[],
  config: FlatConfig,
  hidden: Hidden,
): readonly FlatProblem[] {
  const texts = [...hidden].flatMap((key) => piecesOf(config[key] ?? ''));
  return problems.map(({ key, message }) => {
    const about = `Invalid value [hidden] for configuration ${key}`;
    const quotes = (text: string) =>
      message.startsWith(`Invalid value ${text} for`) ||
      // Shorter ones are words of every message.
      (text.length > 3 && withoutHead(message).includes(text));
    if (!texts.some(quotes)) return { key, message };
    return { key, message: `${about}: it cannot be used with the others, or at all` };
  });
}

/** What messages may quote of a value: all of it, an element or a name in it, or no more than its beginning. */
function piecesOf(text: string): string[] {
  const pieces = [text, ...text.split(/\s*,\s*/), ...textsInside(text)];
  return pieces.filter((piece) => piece !== '').flatMap((piece) => [piece, shownValue(piece, false)]);
}

/** The texts and names in JSON text; none in another. */
function textsInside(text: string): string[] {
  const texts: string[] = [];
  const collect = (name: string, value: unknown) => {
    texts.push(name, ...(typeof value === 'string' ? [value] : []));
    return value;
  };
  try {
    JSON.parse(text, collect);
  } catch {
    return [];
  }
  return texts;
}

/** What a message says beyond the value and the key that it begins with. */
function withoutHead(message: string): string {
  return message.replace(/^Invalid value \[hidden\] for configuration [^:]*: /, '');
}
