import type { Transform } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { Attributes } from '../../schemas/values.ts';
import { expectedItem } from '../verify/transformed.ts';
import { AttributeTally } from './attribute-tally.ts';

/** Names beyond these are counted, and no more: a table may have as many as it has items. */
const NAMES_MAX = 2000;

/** What a sample of a table's items holds, behind the migration's transforms. */
export class SampleTally {
  /** Items that were looked at. */
  items = 0;
  /** Records that say that an item is gone. */
  deletes = 0;
  /** Items that the transforms filter. */
  filtered = 0;
  /** Items that a transform fails on, or that cannot be read. */
  failed = 0;
  /** Values of attributes beyond {@link NAMES_MAX} names. */
  otherValues = 0;
  readonly attributes = new Map<string, AttributeTally>();
  readonly #transforms: readonly Transform[];

  constructor(transforms: readonly Transform[]) {
    this.#transforms = transforms;
  }

  add(record: ChangeRecord): void {
    if (record.after === null) {
      this.deletes++;
      return;
    }
    const { item, certain } = expectedItem(record, this.#transforms);
    if (certain && item === null) {
      this.filtered++;
      return;
    }
    const attributes = certain ? attributesOf(item) : null;
    if (attributes === null) this.failed++;
    else this.#addItem(attributes);
  }

  #addItem(attributes: Attributes): void {
    this.items++;
    for (const [name, value] of attributes) {
      const tally = this.#tallyOf(name);
      if (tally === null) this.otherValues++;
      else tally.add(value);
    }
  }

  #tallyOf(name: string): AttributeTally | null {
    const known = this.attributes.get(name);
    if (known !== undefined) return known;
    if (this.attributes.size >= NAMES_MAX) return null;
    const made = new AttributeTally();
    this.attributes.set(name, made);
    return made;
  }
}

/** Null: its bytes are not those of an item; the migration sets it aside or halts there. */
function attributesOf(item: ChangeRecord['after']): Attributes | null {
  try {
    return item?.attributes ?? null;
  } catch {
    return null;
  }
}
