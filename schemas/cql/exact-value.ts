import { Item } from '../item.ts';
import { canonicalNumber } from '../numbers.ts';
import type { AttributeValue } from '../values.ts';
import type { MappedColumn } from './mapped-column.ts';
import { Misfit } from './value-codec.ts';

const notGivenBack = new Misfit(
  'is in a form that the column does not give back, as the key of an item must be',
);

/**
 * The bytes of a column with the care that it needs ({@link MappedColumn.care}).
 *
 * @returns a misfit where the type holds the value in another form than it came in, and the column must give it back
 */
export function withCare(
  { codec, care }: MappedColumn,
  encoded: Buffer | Misfit,
  value: () => AttributeValue,
): Buffer | Misfit {
  if (care === 'any' || encoded instanceof Misfit) return encoded;
  if (care === 'exact' && !isSame(codec.decode(encoded), value())) return notGivenBack;
  return codec.canonical(encoded);
}

function isSame(a: AttributeValue, b: AttributeValue): boolean {
  if ('S' in a) return 'S' in b && a.S === b.S;
  if ('N' in a) return 'N' in b && a.N === canonicalNumber(b.N);
  return Item.fromAttributes(new Map([['', a]])).equals(Item.fromAttributes(new Map([['', b]])));
}
