import type { Attributes } from '../../schemas/values.ts';
import { ElementsTally } from './elements-tally.ts';

/** A map with more names than these is no record with fields. */
const NAMES_MAX = 32;
/** A member that stands in this share of the maps can be counted on. */
const STABLE_SHARE = 0.9;

/** A member of maps that could be a column of its own, reached by a path. */
export interface StableMember {
  readonly name: string;
  readonly type: string;
}

/** What maps that were seen under one name have in common; of bounded size. */
export class MembersTally {
  readonly values = new ElementsTally();
  #maps = 0;
  /** Null: too many names. */
  #byName: Map<string, ElementsTally> | null = new Map();

  add(map: Attributes): void {
    this.#maps++;
    for (const [name, value] of map) {
      this.values.add(value);
      this.#memberOf(name)?.add(value);
    }
  }

  #memberOf(name: string): ElementsTally | null {
    const known = this.#byName?.get(name);
    if (known !== undefined || this.#byName === null) return known ?? null;
    if (this.#byName.size === NAMES_MAX) {
      this.#byName = null;
      return null;
    }
    const made = new ElementsTally();
    this.#byName.set(name, made);
    return made;
  }

  /** Members that nearly every map has, always with scalars of one type. */
  stable(): StableMember[] {
    return [...(this.#byName ?? [])].flatMap(([name, member]) => {
      const type = member.scalarType;
      return type === null || member.count < this.#maps * STABLE_SHARE ? [] : [{ name, type }];
    });
  }
}
