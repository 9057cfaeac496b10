import type { z } from 'zod';
import { leavesOf } from './flat-leaves.ts';
import { textOf } from './flat-text.ts';

/**
 * Writes options as the flat configuration that `readFlat` makes the same options of. What is the default is left out where
 * leaving it out means it.
 *
 * @param options as the schema takes them, or as it made them
 * @throws ZodError for options that it refuses
 */
export function writeFlat(schema: z.ZodType, options: unknown): Record<string, string> {
  const flat: Record<string, string> = {};
  // An empty section (`tls: {}`) has its defaults only when it is parsed.
  const whole = schema.parse(options);
  for (const leaf of leavesOf(schema)) {
    const value = at(whole, leaf.path);
    if (value === undefined || value === null) continue;
    if (leaf.isPrefix) {
      for (const [name, entry] of Object.entries(value)) flat[leaf.key + name] = textOf(entry);
    } else if (!leaf.isAlwaysThere || leaf.fallback === undefined || textOf(value) !== leaf.defaultValue) {
      flat[leaf.key] = textOf(value);
    }
  }
  return flat;
}

function at(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}
