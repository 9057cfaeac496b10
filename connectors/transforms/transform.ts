import type { z } from 'zod';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { Item } from '../../schemas/item.ts';
import type { Plugin } from '../connector.ts';
import { ConnectError } from '../errors.ts';

/** Whose item it is: the table's name, and the framed key. The same for every record that brings the item. */
export type ItemOwner = Pick<ChangeRecord, 'table' | 'key'>;

/**
 * What a transform does to an item.
 *
 * It asks for nothing but the item and whose it is: not when it changed, nor by which topic it came. So a row of the snapshot and a change leave
 * the same in the target, the old image of a change is what the target held, and `verify` can tell from the source's
 * table alone what the target should hold.
 */
export interface ItemTransform {
  /**
   * The item as the target should hold it; the very same object where nothing changes; null: it does not belong there.
   *
   * @throws ConnectError RECORD_TRANSFORM for an item that it cannot do exactly; a CodecError for one that cannot be read
   */
  change(item: Item, of: ItemOwner): Item | null;
  /** What it does to every item's attribute of this name; null: it leaves it as it is. */
  touches(attribute: string): Touch | null;
  /** The same text for options that mean the same, however they are written (rule C6); null: it changes no item. */
  readonly meaning: string | null;
  /** The name by which a topic is known from here on; absent: it keeps its own. Tables are named after their topics. */
  route?(topic: string): string;
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

/** What a transform needs besides its options cannot be had, such as a file that is not there. */
export class LoadFault extends Error implements Contradiction {
  override readonly name = 'LoadFault';
  readonly option: string;
  readonly remedy: string;

  constructor({ option, message, remedy }: Contradiction, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.option = option;
    this.remedy = remedy;
  }
}

/** A transform by its name, with Kafka Connect's option names. */
export interface TransformPlugin extends Plugin<Readonly<Record<string, unknown>>> {
  readonly options: z.ZodObject;
  /** The other name it is known by, that of a class; null: there is none. */
  readonly className: string | null;
  /** It says nothing without a predicate. */
  readonly needsPredicate: boolean;
  /** Options of the same transform elsewhere that are refused, each with the reason, as a sentence. */
  readonly refusedOptions: Readonly<Record<string, string>>;
  /** @param options as written; valid one by one. */
  contradiction(options: unknown): Contradiction | null;
  /**
   * Reads what it needs besides its options, once, before it is made; null: nothing.
   *
   * @throws LoadFault
   */
  load(options: unknown): Promise<unknown>;
  /**
   * @param options as written
   * @param loaded what {@link load} gave for them
   * @throws ZodError for what the schema refuses
   */
  make(options: unknown, loaded?: unknown): ItemTransform;
}

interface Definition<S extends z.ZodObject, L> {
  readonly name: string;
  readonly summary: string;
  readonly options: S;
  /** Default: Kafka Connect's. */
  readonly className?: string | null;
  readonly needsPredicate?: boolean;
  readonly refusedOptions?: Readonly<Record<string, string>>;
  contradiction?(options: z.output<S>): Contradiction | null;
  load?(options: z.output<S>): Promise<L>;
  make(options: z.output<S>, loaded: L): ItemTransform;
}

/** Package of Kafka Connect's transforms. */
export const CONNECT_PACKAGE = 'org.apache.kafka.connect.transforms.';

/** Makes a plugin of a definition that knows the types of its options and of what it loads. */
export function transformPlugin<S extends z.ZodObject, L = null>(
  definition: Definition<S, L>,
): TransformPlugin {
  const { name, summary, options, needsPredicate = false, refusedOptions = {} } = definition;
  return {
    name,
    summary,
    options,
    className: definition.className === undefined ? CONNECT_PACKAGE + name : definition.className,
    needsPredicate,
    refusedOptions,
    contradiction: (given) => definition.contradiction?.(options.parse(given)) ?? null,
    load: async (given) => (await definition.load?.(options.parse(given))) ?? null,
    make(given, loaded = null) {
      if (definition.load && loaded === null) {
        throw new ConnectError('UNEXPECTED', `${name} was made before it was loaded`);
      }
      return definition.make(options.parse(given), loaded as L);
    },
  };
}

/** What a transform is that leaves every item as it is. */
export const noChange: ItemTransform = { meaning: null, change: (item) => item, touches: () => null };
