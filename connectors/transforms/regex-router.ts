import { z } from 'zod';
import { PathSyntaxError } from '../../schemas/attribute-path.ts';
import { timeLimited } from '../time-limited.ts';
import { readable } from './fields.ts';
import { pattern, readPattern } from './predicates/pattern.ts';
import { noChange, transformPlugin } from './transform.ts';

/**
 * Java's replacement as JavaScript's: `$1` is a group in both, `${name}` a named one and `\$` a dollar only in Java's
 * (java.util.regex.Matcher: replaceFirst).
 */
function readReplacement(text: string): string {
  return text.replace(
    /\\(.)|\$\{([A-Za-z][A-Za-z0-9]*)\}|\$(\d+)|([\\$])/gs,
    (_, escaped?: string, name?: string, group?: string) => {
      if (escaped !== undefined) return escaped === '$' ? '$$' : escaped;
      if (name !== undefined) return `$<${name}>`;
      if (group !== undefined) return group === '0' ? '$&' : `$${group}`;
      throw new PathSyntaxError(
        'has a \\ or $ that means nothing: write \\\\ or \\$ for itself, $1 for a group',
      );
    },
  );
}

/** Gives topics other names, and so the tables that a sink writes. Items stay as they are. */
export const regexRouter = transformPlugin({
  name: 'RegexRouter',
  summary: 'Renames the tables that a sink writes, by the names of their topics.',
  options: z.strictObject({
    regex: pattern('Regular expression for the whole name of a topic; others keep their names.'),
    replacement: readable(readReplacement, 'The new name; $1 is what the first group of regex matched.'),
  }),
  make({ regex, replacement }) {
    const expression = readPattern(regex);
    const text = readReplacement(replacement);
    return {
      ...noChange,
      route: (topic) => timeLimited('RegexRouter: regex', () => topic.replace(expression, text)),
    };
  },
});
