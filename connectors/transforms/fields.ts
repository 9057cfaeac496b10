import { z } from 'zod';
import { type AttributePath, PathSyntaxError, parsePath, pathText } from '../../schemas/attribute-path.ts';

/** Kafka Connect's versions of how fields are named (KIP-821). V1: every name is an attribute's. V2: paths, and backticks. */
export type FieldSyntax = 'V1' | 'V2';

/**
 * The option that says how the others name fields.
 *
 * The default is not Kafka Connect's: paths are what this program's files always had.
 */
export const fieldSyntax = () =>
  z
    .enum(['V1', 'V2'])
    .default('V2')
    .describe(
      'How fields are named. V2: paths such as Awards.Year. V1: attributes, dots in a name are its own.',
    );

/** Splits at a separator, in V2 not inside backticks; each part without the blanks around it. */
function split(text: string, separator: ',' | ':', syntax: FieldSyntax): string[] {
  if (syntax === 'V1') return text.split(separator).map((part) => part.trim());
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
export function readField(text: string, syntax: FieldSyntax = 'V2'): AttributePath {
  const name = text.trim();
  if (syntax === 'V2') return parsePath(name);
  if (name === '') throw new PathSyntaxError('holds an empty name');
  return [name];
}

/** Paths with commas between. */
export function readFields(text: string, syntax: FieldSyntax = 'V2'): AttributePath[] {
  return split(text, ',', syntax).map((name) => readField(name, syntax));
}

/** Pairs `path:what` with commas between, no path twice. */
export function readPairs(text: string, syntax: FieldSyntax = 'V2'): [AttributePath, string][] {
  const seen = new Set<string>();
  return split(text, ',', syntax).map((pair) => {
    const [field = '', what, ...more] = split(pair, ':', syntax);
    if (what === undefined || more.length > 0)
      throw new PathSyntaxError('has an entry that is not field:what');
    const path = readField(field, syntax);
    const name = pathText(path);
    if (seen.has(name)) throw new PathSyntaxError(`names ${name} twice`);
    seen.add(name);
    return [path, what];
  });
}

/** Names with commas between, none empty. */
export function readNames(text: string): string[] {
  const names = split(text, ',', 'V1');
  if (names.includes('')) throw new PathSyntaxError('holds an empty name');
  return names;
}

/** A text that another function can read: what that throws is what is wrong with it. */
export function readable(read: (text: string) => unknown, description: string): z.ZodString {
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
export const field = (description: string) => readable((text) => readField(text), description);

/** An option that names fields, with commas between. */
export const fields = (description: string) => readable((text) => readFields(text), description);

/** An option that names something else than fields, with commas between. */
export const names = (description: string) => readable(readNames, description);

/** The texts of paths, each once, in an order that does not depend on how they were written. */
export const sortedTexts = (paths: readonly AttributePath[]): string[] =>
  [...new Set(paths.map(pathText))].sort();
