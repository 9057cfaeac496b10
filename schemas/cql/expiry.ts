import type { AttributePath } from '../attribute-path.ts';
import { CodecError } from '../faults.ts';
import { Item } from '../item.ts';
import { valueAt } from '../item-look.ts';
import type { AttributeValue } from '../values.ts';
import { CqlBytesError } from './faults.ts';
import { leftoverCodec, leftoverNamed } from './leftovers.ts';
import type { MappedColumn } from './mapped-column.ts';

const PER_SECOND = { seconds: 1, milliseconds: 1e3, microseconds: 1e6 } as const;

export type ExpiryUnit = keyof typeof PER_SECOND;

/**
 * Tells from the columns of a row when it expires, so that a row which is bound and one that is read back tell the same.
 */
export class Expiry {
  readonly #path: AttributePath;
  readonly #root: Buffer;
  readonly #perSecond: number;
  readonly #holders: readonly { readonly index: number; readonly column: MappedColumn }[];
  readonly #leftovers: number | null;

  /** @param leftovers index of that column; null: there is none */
  constructor(
    path: AttributePath,
    unit: ExpiryUnit,
    columns: readonly MappedColumn[],
    leftovers: number | null,
  ) {
    this.#path = path;
    this.#root = Buffer.from(path[0]);
    this.#perSecond = PER_SECOND[unit];
    this.#holders = columns
      .map((column, index) => ({ column, index }))
      .filter(({ column }) => column.path.every((step, i) => step === path[i]));
    this.#leftovers = leftovers;
  }

  /** Seconds since the epoch; null: the row tells no usable time, a number above 0. */
  of(values: readonly (Buffer | null)[]): number | null {
    try {
      return this.#fromColumns(values) ?? this.#fromLeftovers(values);
    } catch (error) {
      // Bytes that somebody else wrote.
      if (error instanceof CodecError || error instanceof CqlBytesError) return null;
      throw error;
    }
  }

  #fromColumns(values: readonly (Buffer | null)[]): number | null {
    for (const { index, column } of this.#holders) {
      const bytes = values[index] ?? null;
      if (bytes === null) continue;
      const time = this.#timeIn(column.codec.decode(bytes), column.path.length);
      if (time !== null) return time;
    }
    return null;
  }

  #fromLeftovers(values: readonly (Buffer | null)[]): number | null {
    const all = this.#leftovers === null ? null : (values[this.#leftovers] ?? null);
    const json = all === null ? null : leftoverNamed(all, this.#root);
    return json === null ? null : this.#timeIn(leftoverCodec.decode(json), 1);
  }

  /** @param depth steps of the path that lead to the value */
  #timeIn(value: AttributeValue, depth: number): number | null {
    const rest = this.#path.slice(depth);
    const end =
      rest.length === 0 ? value : valueAt(Item.fromAttributes(new Map([['', value]])), ['', ...rest]);
    if (end === null || !('N' in end)) return null;
    const seconds = Math.floor(Number(end.N) / this.#perSecond);
    return seconds > 0 ? seconds : null;
  }
}
