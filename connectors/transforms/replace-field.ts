import { z } from 'zod';
import { type AttributePath, PathSyntaxError, pathText } from '../../schemas/attribute-path.ts';
import { Item } from '../../schemas/item.ts';
import { AttributeNames, holdsOther } from '../../schemas/item-look.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';
import { ConnectError } from '../errors.ts';
import {
  type FieldSyntax,
  fieldSyntax,
  fields,
  readable,
  readField,
  readFields,
  readPairs,
  sortedTexts,
} from './fields.ts';
import { editMap, keepMap, PathTree } from './path-tree.ts';
import { replaceNull } from './replace-null.ts';
import { type Contradiction, type ItemTransform, type Touch, transformPlugin } from './transform.ts';

function readRenames(text: string, syntax?: FieldSyntax): [AttributePath, string][] {
  return readPairs(text, syntax).map(([path, to]) => {
    if (typeof path.at(-1) === 'number') {
      throw new PathSyntaxError(`names ${pathText(path)}, an element of a list, which has no name`);
    }
    const [name, ...more] = readField(to, syntax);
    if (more.length > 0) {
      throw new PathSyntaxError(
        `renames ${pathText(path)} to a path (a name with a dot goes into backticks)`,
      );
    }
    return [path, name];
  });
}

const options = z.strictObject({
  exclude: fields('Fields to remove, with commas between.').exactOptional(),
  include: fields('The only fields to keep, with commas between; key attributes among them.').exactOptional(),
  renames: readable(
    (text) => readRenames(text),
    'Fields to rename in their place, as field:name with commas between.',
  ).exactOptional(),
  blacklist: fields('Old name of exclude.').exactOptional(),
  whitelist: fields('Old name of include.').exactOptional(),
  'field.syntax.version': fieldSyntax(),
  'replace.null.with.default': replaceNull(),
});

type Options = z.output<typeof options>;

/** Removes and renames fields: first what is kept is decided, by the old names, then it is renamed. */
export const replaceField = transformPlugin({
  name: 'ReplaceField$Value',
  summary: 'Removes or renames fields.',
  options,
  contradiction: contradictionOf,
  make: (given) => new ReplaceField(given),
});

function contradictionOf(given: Options): Contradiction | null {
  const { exclude, include, renames, blacklist, whitelist } = given;
  for (const [option, old, replaced] of [
    [exclude, 'blacklist', 'exclude'],
    [include, 'whitelist', 'include'],
  ] as const) {
    if (option !== undefined && given[old] !== undefined) {
      return {
        option: old,
        message: `is the old name of ${replaced}, which is there too`,
        remedy: 'Keep one of the two.',
      };
    }
  }
  if ([exclude, include, renames, blacklist, whitelist].some((option) => option !== undefined)) return null;
  return {
    option: 'exclude',
    message: 'is missing, and so are include and renames',
    remedy: 'Name fields to remove, to keep or to rename.',
  };
}

class ReplaceField implements ItemTransform {
  readonly meaning: string;
  readonly #excluded: PathTree<true>;
  readonly #included: PathTree<true> | null;
  readonly #renamed: PathTree<string>;
  /** Attributes that are kept as a whole, so that an item of none else loses nothing by `include`. */
  readonly #whole: AttributeNames | null;

  constructor({ exclude, blacklist, include, whitelist, renames, ...options }: Options) {
    const syntax = options['field.syntax.version'];
    const [removed, kept] = [exclude ?? blacklist, include ?? whitelist];
    const excluded = removed === undefined ? [] : readFields(removed, syntax);
    const included = kept === undefined ? null : readFields(kept, syntax);
    const renamed = renames === undefined ? [] : readRenames(renames, syntax);
    this.#excluded = PathTree.of(excluded.map((path) => [path, true]));
    this.#included = included && PathTree.of(included.map((path) => [path, true]));
    this.#renamed = PathTree.of(renamed);
    this.#whole =
      included && new AttributeNames(included.filter(({ length }) => length === 1).map(([name]) => name));
    this.meaning = JSON.stringify([
      sortedTexts(excluded),
      included && sortedTexts(included),
      renamed.map(([path, name]) => [pathText(path), name]).sort(),
    ]);
  }

  change(item: Item): Item {
    const loses = this.#whole !== null && holdsOther(item, this.#whole);
    if (!loses && !this.#excluded.meets(item) && !this.#renamed.meets(item)) return item;
    const before = item.attributes;
    const kept = this.#included === null ? before : keepMap(before, this.#included);
    const after = renameMap(
      editMap(kept, this.#excluded, () => null),
      this.#renamed,
    );
    return after === before ? item : Item.fromAttributes(after);
  }

  touches(attribute: string): Touch | null {
    if (this.#excluded.endsAt(attribute)) return { option: 'exclude', does: 'removes' };
    if (this.#included !== null && !this.#included.endsAt(attribute)) {
      return { option: 'include', does: 'leaves out' };
    }
    if (this.#renamed.endsAt(attribute)) return { option: 'renames', does: 'renames' };
    const taken = [...this.#renamed.members.values()].some(({ leaf }) => leaf?.means === attribute);
    return taken ? { option: 'renames', does: 'gives another field the name' } : null;
  }
}

function renameMap(map: Attributes, tree: PathTree<string>): Attributes {
  if (![...tree.members.keys()].some((name) => map.has(name))) return map;
  const renamed = new Map<string, AttributeValue>();
  let changed = false;
  for (const [name, value] of map) {
    const child = tree.members.get(name);
    const to = child?.leaf?.means ?? name;
    const after = child === undefined ? value : renameInside(value, child);
    changed ||= to !== name || after !== value;
    if (renamed.has(to)) {
      throw new ConnectError('RECORD_TRANSFORM', `two fields would have the name ${JSON.stringify(to)}`);
    }
    renamed.set(to, after);
  }
  return changed ? renamed : map;
}

function renameInside(value: AttributeValue, tree: PathTree<string>): AttributeValue {
  if ('M' in value) {
    const M = renameMap(value.M, tree);
    return M === value.M ? value : { M };
  }
  if (!('L' in value) || tree.elements.size === 0) return value;
  const L = value.L.map((element, i) => {
    const child = tree.elements.get(i);
    return child === undefined ? element : renameInside(element, child);
  });
  return L.every((element, i) => element === value.L[i]) ? value : { L };
}
