import { PathSyntaxError } from '../../../schemas/attribute-path.ts';
import { readable } from '../fields.ts';

/**
 * A regular expression that a whole text must match, as Kafka Connect's patterns do: JavaScript's, with the flags i, m and s in
 * front as Java writes them (`(?i)`).
 */
export function readPattern(text: string): RegExp {
  const [, flags = '', source = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(text) ?? [];
  try {
    return new RegExp(`^(?:${source})$`, `u${[...new Set(flags)].join('')}`);
  } catch {
    throw new PathSyntaxError('is no regular expression of JavaScript');
  }
}

/** An option that is a regular expression. */
export const pattern = (description: string) => readable(readPattern, description);
