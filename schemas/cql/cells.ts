import { ScalarCodec } from './avro-codec.ts';
import { typeText } from './parse-type.ts';
import type { CqlType } from './type.ts';
import { Misfit, type ValueCodec } from './value-codec.ts';

/** An element of a set and a key of a map that are not frozen are names of cells, whose length is 16 bits wide. */
const CELL_NAME_BYTES_MAX = 65_535;

/** For a collection whose cells are apart: none of them is no value at all. */
export function emptyMisfit(type: CqlType, what: string): Misfit {
  return new Misfit(
    `is an empty ${what}, which a ${typeText(type)} that is not frozen cannot tell from none`,
  );
}

/** What elements of a set, or keys of a map, must not be. */
export class CellNames {
  /** Null: different ones stay different. */
  private readonly merged: Misfit | null;
  /** Null: their length does not matter. */
  private readonly tooLong: Misfit | null;

  /** @param word what one is called in an item */
  constructor(type: CqlType & { readonly frozen: boolean }, codec: ValueCodec, word: 'element' | 'name') {
    this.merged =
      codec instanceof ScalarCodec && codec.merges
        ? new Misfit(`holds ${word}s that become the same ${typeText(codec.type)}`)
        : null;
    const one = word === 'element' ? 'an element' : 'a name';
    this.tooLong = type.frozen
      ? null
      : new Misfit(`holds ${one} of more than ${CELL_NAME_BYTES_MAX} bytes, and is not frozen`);
  }

  misfitOf(name: Buffer): Misfit | null {
    return name.length > CELL_NAME_BYTES_MAX ? this.tooLong : null;
  }

  /** @param step 2: every other part is a name. */
  misfitOfAll(parts: readonly Buffer[], step: 1 | 2): Misfit | null {
    if (this.merged === null || parts.length <= step) return null;
    const texts = new Set<string>();
    for (let i = 0; i < parts.length; i += step) texts.add(parts[i]!.toString('latin1'));
    return texts.size < parts.length / step ? this.merged : null;
  }
}
