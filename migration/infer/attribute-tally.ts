import type { TypeTag } from '../../schemas/attribute-types.ts';
import type { AttributeValue } from '../../schemas/values.ts';
import { ElementsTally, tagOf } from './elements-tally.ts';
import { MembersTally } from './members-tally.ts';
import { NumberTally } from './number-tally.ts';
import { TextTally } from './text-tally.ts';

/** What the values of one attribute have in common. Of bounded size, whatever the number and size of values. */
export class AttributeTally {
  /** Values seen: items that have the attribute. */
  values = 0;
  readonly counts = new Map<TypeTag, number>();
  readonly numbers = new NumberTally();
  readonly setNumbers = new NumberTally();
  readonly texts = new TextTally();
  readonly elements = new ElementsTally();
  readonly members = new MembersTally();

  add(value: AttributeValue): void {
    const tag = tagOf(value);
    this.values++;
    this.counts.set(tag, (this.counts.get(tag) ?? 0) + 1);
    if ('S' in value) this.texts.add(value.S);
    else if ('N' in value) this.numbers.add(value.N);
    else if ('NS' in value) for (const number of value.NS) this.setNumbers.add(number);
    else if ('L' in value) for (const element of value.L) this.elements.add(element);
    else if ('M' in value) this.members.add(value.M);
  }

  /** Types seen with their counts, most frequent first. */
  types(): (readonly [TypeTag, number])[] {
    return [...this.counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  }
}
