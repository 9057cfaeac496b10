import type { AttributePath } from '../attribute-path.ts';
import { equalBytes } from '../distinct.ts';

/** One attribute of which a mapping knows: the columns that hold it, and those that hold parts of it. */
export interface AttributeSlot {
  readonly name: Buffer;
  /** Indexes of columns that hold it whole. */
  readonly columns: readonly number[];
  /** What is held of its parts; null: nothing. */
  readonly parts: PathNode | null;
}

/** A place inside an attribute; no column stands at its root. */
export interface PathNode {
  readonly columns: readonly number[];
  readonly members: ReadonlyMap<string, PathNode>;
  readonly elements: ReadonlyMap<number, PathNode>;
}

interface GrowingNode extends PathNode {
  readonly columns: number[];
  readonly members: Map<string, GrowingNode>;
  readonly elements: Map<number, GrowingNode>;
}

/** Finds attributes by the bytes of their names. */
export class AttributeSlots {
  /** By the length of the name. */
  readonly #bySize: (AttributeSlot[] | undefined)[] = [];

  /** @param paths of the columns, by index */
  constructor(paths: readonly AttributePath[]) {
    const trees = new Map<string, GrowingNode>();
    paths.forEach(([root, ...rest], index) => {
      let tree = trees.get(root);
      if (tree === undefined) trees.set(root, (tree = newNode()));
      for (const step of rest) tree = child(tree, step);
      tree.columns.push(index);
    });
    for (const [root, tree] of trees) {
      const name = Buffer.from(root);
      const parts =
        tree.members.size + tree.elements.size === 0
          ? null
          : { columns: [], members: tree.members, elements: tree.elements };
      (this.#bySize[name.length] ??= []).push({ name, columns: tree.columns, parts });
    }
  }

  find(bytes: Buffer, from: number, size: number): AttributeSlot | null {
    const slots = this.#bySize[size];
    if (slots === undefined) return null;
    for (const slot of slots) if (equalBytes(slot.name, 0, bytes, from, size)) return slot;
    return null;
  }
}

const newNode = (): GrowingNode => ({ columns: [], members: new Map(), elements: new Map() });

function child(node: GrowingNode, step: string | number): GrowingNode {
  const known = typeof step === 'string' ? node.members.get(step) : node.elements.get(step);
  if (known !== undefined) return known;
  const made = newNode();
  if (typeof step === 'string') node.members.set(step, made);
  else node.elements.set(step, made);
  return made;
}
