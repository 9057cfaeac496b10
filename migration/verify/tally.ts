import { createHash } from 'node:crypto';
import { attributeDifferences } from '../../schemas/digest.ts';
import { keyToJson } from '../../schemas/json-writer.ts';
import type { DifferenceKind, Example, TableReport } from './report.ts';
import { ITEMS, type RowSpace } from './row-space.ts';
import type { Sighting } from './sides.ts';

const EXAMPLES_MAX = 20;

/** Counts a table's keys as they are judged, and keeps the first differences as examples. */
export class Tally {
  readonly #counts = { equal: 0, missing: 0, different: 0, extra: 0 };
  readonly #examples: Example[] = [];
  readonly #showKeys: boolean;
  readonly #space: RowSpace;
  #unknown = 0;

  constructor(showKeys: boolean, space: RowSpace = ITEMS) {
    this.#showKeys = showKeys;
    this.#space = space;
  }

  equal(_key: unknown, counts: boolean): void {
    if (counts) this.#counts.equal += 1;
  }

  equalKeys(keys: number): void {
    this.#counts.equal += keys;
  }

  /** Counts a row of the target that nothing can be said of. */
  unknown(): void {
    this.#unknown += 1;
  }

  /** Counts a key whose sides differ for good. */
  async differs({ key }: { readonly key: Buffer }, source: Sighting, target: Sighting): Promise<void> {
    const kind: DifferenceKind =
      source.digest === null ? 'extra' : target.digest === null ? 'missing' : 'different';
    this.#counts[kind] += 1;
    if (this.#examples.length >= EXAMPLES_MAX) return;
    const [left, right] = kind === 'different' ? [await source.item(), await target.item()] : [null, null];
    const attributes = left && right ? attributeDifferences(left.avro, right.avro) : [];
    this.#examples.push({ kind, ...this.#named(key), attributes });
  }

  report(table: string): TableReport {
    const { equal, missing, different, extra } = this.#counts;
    const compared = equal + missing + different + extra;
    const report = { table, compared, equal, missing, different, extra, examples: this.#examples };
    return this.#unknown === 0 ? report : { ...report, unknown: this.#unknown };
  }

  // Keys are values of items: nobody sees them who has not asked.
  #named(rowKey: Buffer): Pick<Example, 'key' | 'keyHash'> {
    const key = this.#space.itemKeyOf(rowKey);
    if (this.#showKeys) return { key: JSON.parse(keyToJson(key).toString()) as unknown };
    return { keyHash: createHash('sha256').update(key).digest('hex').slice(0, 32) };
  }
}
