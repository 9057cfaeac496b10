import { z } from 'zod';
import { type AttributePath, PathSyntaxError, parsePath, pathText } from '../../schemas/attribute-path.ts';

/** Splits at a separator, except inside backticks; each part without the blanks around it. */
function split(text: string, separator: ',' | ':'): string[] {
  const parts: string[] = [''];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    let piece = text.charAt(i);
    if (quoted && piece === '\\') piece += text.charAt(++i);
    if (piece === '`') quoted = !quoted;
    if (piece === separator && !quoted) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts.map((part) => part.trim());
}

/** One path: `Awards.Year`. */
export function readField(text: string): AttributePath {
  return parsePath(text.trim());
}

/** Paths with commas between. */
export function readFields(text: string): AttributePath[] {
  return split(text, ',').map(parsePath);
}

/** Pairs `path:what` with commas between, no path twice. */
export function readPairs(text: string): [AttributePath, string][] {
  const seen = new Set<string>();
  return split(text, ',').map((pair) => {
    const [field = '', what, ...more] = split(pair, ':');
    if (what === undefined || more.length > 0)
      throw new PathSyntaxError('has an entry that is not field:what');
    const path = parsePath(field);
    const name = pathText(path);
    if (seen.has(name)) throw new PathSyntaxError(`names ${name} twice`);
    seen.add(name);
    return [path, what];
  });
}

/** A text that another function can read: what that throws is what is wrong with it. */
export function readable(read: (text: string) => unknown, description: string) {
  return z
    .string()
    .min(1)
    .superRefine((text, context) => {
      try {
        read(text);
      } catch (error) {
        if (!(error instanceof PathSyntaxError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
    })
    .describe(description);
}

/** An option that names one field. */
export const field = (description: string) => readable(readField, description);

/** An option that names fields, with commas between. */
export const fields = (description: string) => readable(readFields, description);

/** The texts of paths, each once, in an order that does not depend on how they were written. */
export const sortedTexts = (paths: readonly AttributePath[]): string[] =>
  [...new Set(paths.map(pathText))].sort();
