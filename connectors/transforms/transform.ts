import type { z } from 'zod';
import type { Item } from '../../schemas/item.ts';
import type { Plugin } from '../connector.ts';

/**
 * What a transform does to an item.
 *
 * It asks for nothing but the item: not when it changed, nor by which topic it came. So a row of the snapshot and a change leave
 * the same in the target, the old image of a change is what the target held, and `verify` can tell from the source's
 * table alone what the target should hold.
 */
export interface ItemTransform {
  /**
   * The item as the target should hold it; the very same object where nothing changes; null: it does not belong there.
   *
   * @throws ConnectError RECORD_TRANSFORM for an item that it cannot do exactly; a CodecError for one that cannot be read
   */
  change(item: Item): Item | null;
  /** What it does to every item's attribute of this name; null: it leaves it as it is. */
  touches(attribute: string): Touch | null;
  /** The same text for options that mean the same, however they are written (rule C6). */
  readonly meaning: string;
}

/** What a transform does to an attribute. */
export interface Touch {
  readonly option: string;
  /** A word that the attribute's name follows: "removes". */
  readonly does: string;
}

/** Why options that are valid one by one cannot be used together. */
export interface Contradiction {
  readonly option: string;
  /** A clause that follows the option's name. */
  readonly message: string;
  /** As a sentence. */
  readonly remedy: string;
}

/** A transform of Kafka Connect, by its name and with its option names. */
export interface TransformPlugin extends Plugin<Readonly<Record<string, unknown>>> {
  readonly options: z.ZodObject;
  /** It says nothing without a predicate. */
  readonly needsPredicate: boolean;
  /** Options of the same transform in Kafka Connect that are refused, each with the reason, as a sentence. */
  readonly refusedOptions: Readonly<Record<string, string>>;
  /** @param options as written; valid one by one. */
  contradiction(options: unknown): Contradiction | null;
  /** @param options as written. @throws ZodError for what the schema refuses. */
  make(options: unknown): ItemTransform;
}

interface Definition<S extends z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  readonly options: S;
  readonly needsPredicate?: boolean;
  readonly refusedOptions?: Readonly<Record<string, string>>;
  contradiction?(options: z.output<S>): Contradiction | null;
  make(options: z.output<S>): ItemTransform;
}

/** Makes a plugin of a definition that knows the type of its options. */
export function transformPlugin<S extends z.ZodObject>(definition: Definition<S>): TransformPlugin {
  const { name, summary, options, needsPredicate = false, refusedOptions = {} } = definition;
  return {
    name,
    summary,
    options,
    needsPredicate,
    refusedOptions: {
      'replace.null.with.default': 'Items have no schema, and so no defaults.',
      ...refusedOptions,
    },
    contradiction: (given) => definition.contradiction?.(options.parse(given)) ?? null,
    make: (given) => definition.make(options.parse(given)),
  };
}
