import { internalTopics } from '../../connectors/topic-names.ts';

/** Whose sinks have written from a catalog. */
export interface Owners {
  /** Sinks of this migration, each once. */
  readonly own: readonly string[];
  /** Names of other migrations that share the topics. */
  readonly others: readonly string[];
}

/**
 * Tells the sinks of this migration from those of others with the same `topicPrefix`.
 *
 * `music-eu-alternator` is a sink of `music` (with the target name `eu-alternator`), or of `music-eu`: of that one, if it has
 * internal topics.
 */
export function ownersOf(
  name: string,
  sinks: readonly { readonly connector: string }[],
  topics: ReadonlySet<string>,
): Owners {
  const own = new Set<string>();
  const others = new Set<string>();
  for (const { connector } of sinks) {
    const owner = ownerOf(connector, topics) ?? (connector.startsWith(`${name}-`) ? name : null);
    if (owner === name) own.add(connector);
    else others.add(owner ?? connector);
  }
  return { own: [...own].sort(), others: [...others].sort() };
}

/** The longest name of a migration that a connector's name begins with; null: there is none. */
function ownerOf(connector: string, topics: ReadonlySet<string>): string | null {
  for (let end = connector.lastIndexOf('-'); end > 0; end = connector.lastIndexOf('-', end - 1)) {
    const name = connector.slice(0, end);
    if (topics.has(internalTopics(name).offsets)) return name;
  }
  return null;
}
