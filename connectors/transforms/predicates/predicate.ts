import type { z } from 'zod';
import type { Item } from '../../../schemas/item.ts';
import type { Plugin } from '../../connector.ts';

/**
 * Says which items a transform is for. As a transform, it asks for nothing but the item and its table: see
 * {@link import('../transform.ts').ItemTransform}.
 */
export interface Predicate {
  /**
   * Whether it holds of a table's items: of all, of none, or as it says of each.
   *
   * @param topics the table's two topics, of rows and of changes
   * @throws ConnectError TRANSFORM_TOPIC where it would hold of the rows and not of the changes, or the other way round
   */
  ofTable(topics: readonly string[]): boolean | ((item: Item) => boolean);
  /** The same text for options that mean the same (rule C6). */
  readonly meaning: string;
}

/** A predicate by its name, with its options. */
export interface PredicatePlugin extends Plugin<Readonly<Record<string, unknown>>> {
  readonly options: z.ZodObject;
  /** Kafka Connect has one of this name too. */
  readonly ofConnect: boolean;
  /** @param options as written. @throws ZodError for what the schema refuses. */
  make(options: unknown): Predicate;
}

/** Makes a plugin of a definition that knows the type of its options. */
export function predicatePlugin<S extends z.ZodObject>(definition: {
  readonly name: string;
  readonly summary: string;
  readonly ofConnect: boolean;
  readonly options: S;
  make(options: z.output<S>): Predicate;
}): PredicatePlugin {
  return { ...definition, make: (given) => definition.make(definition.options.parse(given)) };
}
