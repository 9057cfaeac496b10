import type { TypeTag } from '../../schemas/attribute-types.ts';
import type { AttributeValue } from '../../schemas/values.ts';
import { NumberTally } from './number-tally.ts';

/** The type of a value, as DynamoDB JSON calls it. */
export function tagOf(value: AttributeValue): TypeTag {
  for (const tag in value) return tag as TypeTag;
  throw new TypeError('a value without a type');
}

/** What values of one place (elements of lists, members of maps) have in common; of constant size. */
export class ElementsTally {
  readonly counts = new Map<TypeTag, number>();
  readonly #numbers = new NumberTally();

  add(value: AttributeValue): void {
    const tag = tagOf(value);
    this.counts.set(tag, (this.counts.get(tag) ?? 0) + 1);
    if ('N' in value) this.#numbers.add(value.N);
  }

  get count(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }

  /** The CQL type that holds all of them; null: there are none, they differ in type, or they are no scalars. */
  get scalarType(): string | null {
    const [only, ...others] = this.counts.keys();
    if (only === undefined || others.length > 0) return null;
    return only === 'N' ? this.#numbers.type : scalarTypeOf(only);
  }
}

function scalarTypeOf(tag: TypeTag): string | null {
  if (tag === 'S') return 'text';
  if (tag === 'B') return 'blob';
  return tag === 'BOOL' ? 'boolean' : null;
}
