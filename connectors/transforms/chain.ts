import type { ChangeRecord } from '../../schemas/change.ts';
import type { Item } from '../../schemas/item.ts';
import type { Transform } from '../connector.ts';
import { asConnectError, ConnectError } from '../errors.ts';
import { changedKey } from './keep-key.ts';
import type { Predicate } from './predicates/predicate.ts';
import {
  type KnownTransforms,
  predicateOf,
  predicatePlugins,
  transformOf,
  transformPlugins,
} from './registry.ts';
import type { ItemOwner, ItemTransform, Touch, TransformPlugin } from './transform.ts';

/** A transform as a configuration names it; the keys that are not named here are its options. */
export interface TransformConfig {
  readonly type: string;
  /** Name of the predicate that says which items it is for; all where it is missing. */
  readonly predicate?: string | undefined;
  /** It is for the items that its predicate does not hold of. */
  readonly negate?: boolean | undefined;
  readonly [option: string]: unknown;
}

/** A predicate as a configuration names it; the other keys are its options. */
export interface PredicateConfig {
  readonly type: string;
  readonly [option: string]: unknown;
}

/** A transform of a chain, and what can be asked of it before there is a record. */
export interface ChainedTransform extends Transform {
  /** What it does to an attribute of every item of a table that it is for; null: it leaves it as it is, or is for none of them. */
  touches(table: string, attribute: string): Touch | null;
  /**
   * The name by which a topic of a table is known from here on.
   *
   * @throws TRANSFORM_TOPIC where that depends on the item
   */
  route(table: string, topic: string): string;
}

export interface ChainParts {
  /** The two topics of a table. */
  topicsOf(table: string): readonly string[];
  /** What `loadTransforms` gave for these transforms; needed where one of them loads something. */
  readonly loaded?: readonly unknown[];
  /** Those that names are looked up among; default: our own. */
  readonly known?: KnownTransforms;
}

const ownTransforms: KnownTransforms = { transforms: transformPlugins, predicates: predicatePlugins };

/**
 * Makes the transforms of a sink, in their order.
 *
 * @throws ZodError, ConnectError UNEXPECTED for what the configuration's own checks should have refused
 */
export function chainOf(
  transforms: readonly TransformConfig[],
  predicates: Readonly<Record<string, PredicateConfig>>,
  { topicsOf, loaded = [], known = ownTransforms }: ChainParts,
): ChainedTransform[] {
  return transforms.map(({ type, predicate, negate = false, ...options }, index) => {
    const plugin = transformOf(type, known.transforms);
    if (plugin === null) throw new ConnectError('UNEXPECTED', `There is no transform ${type}`);
    const condition = predicate === undefined ? null : conditionOf(predicates, predicate, known);
    return new Conditional(`${plugin.name} (transforms[${index}])`, {
      transform: checked(plugin, plugin.make(options, loaded[index])),
      condition,
      negate,
      topicsOf,
      // What it is called and how it is written makes no difference, nor does what changes nothing.
      fingerprint: (meaning) =>
        meaning === null
          ? ''
          : JSON.stringify([
              plugin.name,
              meaning,
              condition?.name ?? null,
              condition?.meaning ?? null,
              negate,
            ]),
    });
  });
}

/** Our own keep every key by their options, which are looked at before there is a record; of others nobody knows. */
function checked(plugin: TransformPlugin, transform: ItemTransform): ItemTransform {
  if (transformPlugins.includes(plugin)) return transform;
  const { meaning } = transform;
  return {
    meaning,
    touches: (attribute) => transform.touches(attribute),
    ...(transform.route && { route: (topic) => transform.route!(topic) }),
    change(item, of) {
      const after: Item | null | undefined = transform.change(item, of);
      if (after === undefined) throw new ConnectError('RECORD_TRANSFORM', 'gave back no item');
      const changed = after === null || after === item ? null : changedKey(item, after, of);
      if (changed === null) return after;
      // Rule C4: the row of another key, whose order is that of another partition.
      throw new ConnectError('RECORD_TRANSFORM', `changes ${JSON.stringify(changed)}, a key attribute`);
    },
  };
}

type Condition = Predicate & { readonly name: string };

function conditionOf(
  predicates: Readonly<Record<string, PredicateConfig>>,
  name: string,
  known: KnownTransforms,
): Condition {
  const config = Object.hasOwn(predicates, name) ? predicates[name] : undefined;
  const plugin = config && predicateOf(config.type, known.predicates);
  if (!config || !plugin) throw new ConnectError('UNEXPECTED', `There is no predicate ${name}`);
  const { type: _, ...options } = config;
  return { ...plugin.make(options), name: plugin.name };
}

interface Parts {
  readonly transform: ItemTransform;
  readonly condition: Condition | null;
  readonly negate: boolean;
  topicsOf(table: string): readonly string[];
  fingerprint(meaning: string | null): string;
}

class Conditional implements ChainedTransform {
  readonly name: string;
  readonly fingerprint: string;
  readonly #parts: Parts;
  /** By table: all its items, none, or those it holds of. */
  readonly #isFor = new Map<string, boolean | ((item: Item) => boolean)>();

  constructor(name: string, parts: Parts) {
    this.name = name;
    this.fingerprint = parts.fingerprint(parts.transform.meaning);
    this.#parts = parts;
  }

  apply(record: ChangeRecord): ChangeRecord | null {
    const isFor = this.#forTable(record.table);
    if (isFor === false) return record;
    const after = record.after && this.#change(record.after, record, isFor);
    // Rule C9: an item that goes is filtered, a delete never is.
    if (record.after !== null && after === null) return null;
    const before = record.before && this.#changeOld(record.before, record, isFor);
    if (before === null && record.before !== null) return { ...record, before, beforeFiltered: true, after };
    return after === record.after && before === record.before ? record : { ...record, before, after };
  }

  touches(table: string, attribute: string): Touch | null {
    return this.#forTable(table) === false ? null : this.#parts.transform.touches(attribute);
  }

  route(table: string, topic: string): string {
    const { transform } = this.#parts;
    if (transform.route === undefined) return topic;
    const isFor = this.#forTable(table);
    if (typeof isFor === 'boolean') return isFor ? transform.route(topic) : topic;
    throw new ConnectError(
      'TRANSFORM_TOPIC',
      `${this.name}: its predicate speaks of items, and all items of a table are written to one`,
      { detail: { table } },
    );
  }

  #change(item: Item, of: ItemOwner, isFor: true | ((item: Item) => boolean)): Item | null {
    try {
      return isFor === true || isFor(item) ? this.#parts.transform.change(item, of) : item;
    } catch (thrown) {
      throw new ConnectError('RECORD_TRANSFORM', `${this.name}: ${asConnectError(thrown).message}`, {
        cause: thrown,
      });
    }
  }

  /**
   * The old image as the target held it: nothing where it was filtered, or could not be transformed. Its record was set aside
   * then, and where rows move that took away whatever row was left of the item.
   */
  #changeOld(item: Item, of: ItemOwner, isFor: true | ((item: Item) => boolean)): Item | null {
    try {
      return this.#change(item, of, isFor);
    } catch {
      return null;
    }
  }

  #forTable(table: string): boolean | ((item: Item) => boolean) {
    let isFor = this.#isFor.get(table);
    if (isFor === undefined) this.#isFor.set(table, (isFor = this.#lookUp(table)));
    return isFor;
  }

  #lookUp(table: string): boolean | ((item: Item) => boolean) {
    const { condition, negate, topicsOf } = this.#parts;
    if (condition === null) return true;
    const holds = condition.ofTable(topicsOf(table));
    if (typeof holds === 'boolean') return holds !== negate;
    return negate ? (item) => !holds(item) : holds;
  }
}
