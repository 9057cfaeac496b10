import { AvroReader } from '../avro-reader.ts';
import { readValue } from '../decode.ts';
import { skipValue } from '../skip-avro.ts';
import type { AttributeValue } from '../values.ts';
import { type AttributeSlot, AttributeSlots, type PathNode } from './attribute-slots.ts';
import { withCare } from './exact-value.ts';
import { leftoversWriter } from './leftovers.ts';
import type { MappedColumn } from './mapped-column.ts';
import type { BoundRow, Unmappable } from './table-mapping.ts';
import { Misfit } from './value-codec.ts';

/** Where attributes go that no column holds; `ignored`: only some columns are asked for. */
export type LeftoversRule = 'column' | 'drop' | 'dead-letter' | 'ignored';

const reader = new AvroReader(Buffer.alloc(0));
const NO_MISFITS: BoundRow['misfits'] = [];
const notMapped = new Misfit('is not in the mapping, and what no column holds is set aside');

/**
 * Turns the Avro bytes of items into the bytes of columns, in one pass and mostly without objects: only an attribute of
 * which columns hold parts is made into one. What the last run found stands in its fields until the next.
 *
 * Not re-entrant.
 */
export class RowBinder {
  /** A new array for each run: one value per column, and the leftovers behind them where there is that column. */
  values: (Buffer | null)[] = [];
  misfits: BoundRow['misfits'] = NO_MISFITS;
  dropped = 0;
  readonly #columns: readonly MappedColumn[];
  readonly #rule: LeftoversRule;
  readonly #slots: AttributeSlots;
  readonly #width: number;
  #refusal: Unmappable | null = null;
  /** A value of the present attribute did not fit and stands in the leftovers. */
  #spilled = false;

  constructor(columns: readonly MappedColumn[], rule: LeftoversRule) {
    this.#columns = columns;
    this.#rule = rule;
    this.#slots = new AttributeSlots(columns.map(({ path }) => path));
    this.#width = columns.length + (rule === 'column' ? 1 : 0);
  }

  /**
   * Reads the map of attributes that fills `bytes` from `from` on.
   *
   * @returns why there is no row; null: there is one
   * @throws CodecError where the bytes are no item
   */
  run(bytes: Buffer, from: number): Unmappable | null {
    this.values = new Array<Buffer | null>(this.#width).fill(null);
    this.misfits = NO_MISFITS;
    this.dropped = 0;
    this.#refusal = null;
    if (this.#rule === 'column') leftoversWriter.begin();
    reader.reset(bytes, from);
    for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
      for (let i = 0; i < count; i++) {
        this.#readAttribute();
        if (this.#refusal !== null) return this.#refusal;
      }
    }
    reader.finish();
    if (this.#rule === 'column') this.values[this.#width - 1] = leftoversWriter.take();
    return null;
  }

  #readAttribute(): void {
    const size = reader.length();
    const name = reader.pos;
    reader.pos = name + size;
    const slot = this.#slots.find(reader.buffer, name, size);
    if (slot === null) this.#leave(name, size);
    else this.#place(slot, name, size);
  }

  #place(slot: AttributeSlot, name: number, size: number): void {
    const at = reader.pos;
    this.#spilled = false;
    for (const index of slot.columns) {
      reader.pos = at;
      this.#hold(index);
    }
    if (slot.parts !== null) {
      reader.pos = at;
      const held = this.#placeParts(slot.parts, readValue(reader, 0));
      if (!held && slot.columns.length === 0) this.#spilled = true;
    }
    if (!this.#spilled || this.#refusal !== null) return;
    reader.pos = at;
    this.#leave(name, size);
  }

  /** Gives the value that the reader stands at to a column. */
  #hold(index: number): void {
    const column = this.#columns[index]!;
    const at = reader.pos;
    const encoded = column.codec.encodeAvro(reader);
    if (column.care === 'any') this.#settle(index, encoded);
    else
      this.#settle(
        index,
        withCare(column, encoded, () => readValue(reader.reset(reader.buffer, at), 0)),
      );
  }

  /** Gives parts of a value to their columns; whether columns hold all of it. */
  #placeParts(node: PathNode, value: AttributeValue): boolean {
    for (const index of node.columns) {
      const column = this.#columns[index]!;
      this.#settle(
        index,
        withCare(column, column.codec.encode(value), () => value),
      );
    }
    let held = false;
    if ('M' in value) {
      held = value.M.size > 0;
      for (const [name, member] of value.M) {
        const child = node.members.get(name);
        if (child === undefined || !this.#placeParts(child, member)) held = false;
      }
    } else if ('L' in value) {
      held = value.L.length > 0;
      for (const [i, element] of value.L.entries()) {
        const child = node.elements.get(i);
        if (child === undefined || !this.#placeParts(child, element)) held = false;
      }
    }
    return held || node.columns.length > 0;
  }

  #settle(index: number, encoded: Buffer | Misfit): void {
    if (!(encoded instanceof Misfit)) {
      this.values[index] = encoded;
      return;
    }
    const { name: column, onMismatch: went } = this.#columns[index]!;
    if (went === 'dead-letter') {
      this.#refusal = { column, misfit: encoded };
      return;
    }
    this.misfits = [...this.misfits, { column, misfit: encoded, went }];
    if (went === 'leftovers') this.#spilled = true;
  }

  /** The reader stands at the value of an attribute that no column holds. */
  #leave(name: number, size: number): void {
    if (this.#rule === 'column') {
      leftoversWriter.add(reader, name, size);
      return;
    }
    if (this.#rule === 'drop') this.dropped++;
    else if (this.#rule === 'dead-letter') {
      const column = reader.buffer.toString('utf8', name, name + size);
      this.#refusal = { column, misfit: notMapped };
    }
    skipValue(reader, 0);
  }
}
