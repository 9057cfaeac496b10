import type { FlatProblem } from './flat/flat.ts';
import type { FlatConfig } from './flat/flat-config.ts';
import { literalProblems } from './literal-keys.ts';
import {
  fillKnownPlaceholders,
  holdsPlaceholder,
  PlaceholderError,
  type PlaceholderSources,
} from './placeholders.ts';

export interface ResolvedConfig {
  readonly config: FlatConfig;
  /** Placeholders that have no value, by the key that holds them. */
  readonly problems: readonly FlatProblem[];
  /** Keys whose values came in part from placeholders: nobody may see them. */
  readonly filled: ReadonlySet<string>;
}

/**
 * Fills the placeholders of a connector's configuration, and says which stand where none may: in keys that have to be the same
 * for all tasks. Those keys are left out, so that nothing more is said of what follows from them.
 */
export function resolveConnector(config: FlatConfig, sources: PlaceholderSources): ResolvedConfig {
  const refused = literalProblems(config, sources);
  const keys = new Set(refused.map(({ key }) => key));
  const others = Object.fromEntries(Object.entries(config).filter(([key]) => !keys.has(key)));
  const resolved = resolveConfig(others, sources);
  return { ...resolved, problems: [...refused, ...resolved.problems] };
}

/** Fills the placeholders of a flat configuration; a value whose placeholder cannot be filled stays as it is. */
export function resolveConfig(config: FlatConfig, sources: PlaceholderSources): ResolvedConfig {
  const resolved: Record<string, string> = {};
  const problems: FlatProblem[] = [];
  const filled = new Set<string>();
  for (const [key, text] of Object.entries(config)) {
    resolved[key] = text;
    if (!holdsPlaceholder(text, sources)) continue;
    try {
      resolved[key] = fillKnownPlaceholders(text, sources);
      filled.add(key);
    } catch (error) {
      if (!(error instanceof PlaceholderError)) throw error;
      problems.push({ key, message: `Invalid configuration ${key}: it ${error.message}. ${error.remedy}` });
    }
  }
  return { config: resolved, problems, filled };
}
