import type { FlatProblem } from './flat/flat.ts';
import type { FlatConfig } from './flat/flat-config.ts';
import { invalid } from './flat/flat-problems.ts';
import { holdsPlaceholder, type PlaceholderSources } from './placeholders.ts';

/**
 * Keys that decide where records go: filled by each worker for itself, they could send one task's to other topics than
 * another's, or have a connector known by two names.
 */
const SAME_EVERYWHERE = /^(name|connector\.class|topic\.(prefix|names\..*|creation\..*))$/s;

/** Keys whose values are parts of other keys. */
const NAMES_OF_KEYS = /^(transforms|predicates)$/;

/** Whether the value of a connector's key has to stand there itself, and not a placeholder. */
export const isLiteral = (key: string): boolean => SAME_EVERYWHERE.test(key) || NAMES_OF_KEYS.test(key);

/** Says of each key whose value has to stand there itself that a placeholder stands there. */
export function literalProblems(
  config: FlatConfig,
  sources: Pick<PlaceholderSources, 'providers'> = {},
): FlatProblem[] {
  return Object.entries(config).flatMap(([key, text]) => {
    if (!isLiteral(key) || !holdsPlaceholder(text, sources)) return [];
    const why = NAMES_OF_KEYS.test(key)
      ? 'its names are parts of other keys'
      : 'it must be the same on every worker, and each fills placeholders for itself';
    return [invalid(key, text, `${why}. Write the value in the place of the placeholder`)];
  });
}
