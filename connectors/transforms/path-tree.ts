import type { AttributePath } from '../../schemas/attribute-path.ts';
import type { Item } from '../../schemas/item.ts';
import { AttributeNames, holdsAt, holdsNamed } from '../../schemas/item-look.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';

/** Paths with what each stands for, as a tree: so that an item is gone through once for all of them. */
export class PathTree<L> {
  readonly members = new Map<string, PathTree<L>>();
  readonly elements = new Map<number, PathTree<L>>();
  /** What the path that ends here stands for; null: none does. */
  leaf: { readonly path: AttributePath; readonly means: L } | null = null;
  #flat = new AttributeNames([]);
  #deep: readonly AttributePath[] = [];

  static of<L>(entries: readonly (readonly [AttributePath, L])[]): PathTree<L> {
    const root = new PathTree<L>();
    for (const [path, means] of entries) {
      let node = root;
      for (const step of path) node = node.#child(step);
      node.leaf = { path, means };
    }
    const paths = entries.map(([path]) => path);
    root.#flat = new AttributeNames(paths.filter(({ length }) => length === 1).map(([name]) => name));
    root.#deep = paths.filter(({ length }) => length > 1);
    return root;
  }

  /** Whether an item has a value at the end of one of the paths; looks at its bytes, as most have not. */
  meets(item: Item): boolean {
    return holdsNamed(item, this.#flat) || this.#deep.some((path) => holdsAt(item, path));
  }

  /** Whether a path ends at this attribute of the item itself. */
  endsAt(attribute: string): boolean {
    return (this.members.get(attribute)?.leaf ?? null) !== null;
  }

  #child(step: string | number): PathTree<L> {
    const children: Map<string | number, PathTree<L>> = typeof step === 'string'
      ? this.members
      : this.elements;
    let child = children.get(step);
    if (child === undefined) children.set(step, (child = new PathTree<L>()));
    return child;
  }
}

/** A value in place of the one at a path's end; null: none. */
export type Edit<L> = (value: AttributeValue, means: L, path: AttributePath) => AttributeValue | null;

/** Edits what paths end at; where a path goes on behind the end of another, the shorter one counts. */
export function editMap<L>(map: Attributes, tree: PathTree<L>, edit: Edit<L>): Attributes {
  let edited: Map<string, AttributeValue> | null = null;
  for (const [name, child] of tree.members) {
    const value = map.get(name);
    if (value === undefined) continue;
    const after = editValue(value, child, edit);
    if (after === value) continue;
    edited ??= new Map(map);
    if (after === null) edited.delete(name);
    else edited.set(name, after);
  }
  return edited ?? map;
}

function editValue<L>(value: AttributeValue, tree: PathTree<L>, edit: Edit<L>): AttributeValue | null {
  if (tree.leaf !== null) return edit(value, tree.leaf.means, tree.leaf.path);
  if ('M' in value) {
    const M = editMap(value.M, tree, edit);
    return M === value.M ? value : { M };
  }
  if (!('L' in value) || tree.elements.size === 0) return value;
  const L = value.L.map((element, i) => {
    const child = tree.elements.get(i);
    return child === undefined ? element : editValue(element, child, edit);
  });
  if (L.every((element, i) => element === value.L[i])) return value;
  return { L: L.filter((element) => element !== null) };
}

/** What is at the ends of paths, with the maps and lists around it, and nothing else. */
export function keepMap(map: Attributes, tree: PathTree<unknown>): Attributes {
  const kept = new Map<string, AttributeValue>();
  for (const [name, value] of map) {
    const child = tree.members.get(name);
    const left = child === undefined ? null : keepValue(value, child);
    if (left !== null) kept.set(name, left);
  }
  return kept;
}

function keepValue(value: AttributeValue, tree: PathTree<unknown>): AttributeValue | null {
  if (tree.leaf !== null) return value;
  if ('M' in value) {
    const M = keepMap(value.M, tree);
    return M.size === 0 ? null : { M };
  }
  if (!('L' in value)) return null;
  const L = value.L.flatMap((element, i) => {
    const child = tree.elements.get(i);
    return (child && keepValue(element, child)) ?? [];
  });
  return L.length === 0 ? null : { L };
}
