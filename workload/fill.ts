import type { KeySchema } from '../schemas/values.ts';
import { call, isSame, type JsonItem, jsonOf, pauseAfter } from './calls.ts';
import { type ItemShape, itemOf, MIXED, type SdkItem } from './items.ts';
import { keyOf, MUSIC_KEYS } from './keys.ts';
import { clientsOf, type TableAddress, type TableClients } from './table.ts';

/** BatchWriteItem's limit (DynamoDB API reference). */
const batchItemsMax = 25;
const batchesInFlight = 4;

export interface LoadOptions extends TableAddress {
  readonly items: number;
  readonly seed: number;
  /** Number of the first item, default 0. */
  readonly from?: number;
  /** Default: {@link MIXED}. */
  readonly shape?: ItemShape;
  /** Of the table; default: those of the Music table. */
  readonly keys?: KeySchema;
  /**
   * Reads each item before it is written, and leaves one that is there already: then the counts are exact in a table that
   * holds some of them. Default false: all are taken to be new.
   */
  readonly readFirst?: boolean;
  /** Aborted: nothing more is sent, and what is under way ends. */
  readonly signal?: AbortSignal;
  /** Called after each batch. */
  readonly onProgress?: (filled: Filled) => void;
}

/** What became of a fill, in items. */
export interface Filled {
  /** All items below this number are in the table: from here another fill goes on. */
  readonly next: number;
  readonly created: number;
  readonly updated: number;
  /** Were in the table already: nothing was written, and the stream shows nothing. */
  readonly unchanged: number;
}

/** The number of items that a fill dealt with. */
export const filledItems = ({ created, updated, unchanged }: Filled): number => created + updated + unchanged;

/** A fill that broke off. */
export class FillError extends Error {
  override readonly name = 'FillError';
  readonly filled: Filled;

  constructor(filled: Filled, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.filled = filled;
  }
}

/**
 * Writes items `from` to `from + items - 1` of the seed.
 *
 * A put whose answer was lost is sent again and makes no second record, so the counts stay exact while nobody else writes
 * these items.
 *
 * @throws FillError with the error of the call as its cause
 */
export async function loadItems(options: LoadOptions): Promise<Filled> {
  await using clients = clientsOf(options);
  const fill = new Fill(clients, options);
  await fill.run();
  return fill.filled;
}

class Fill {
  readonly #clients: TableClients;
  readonly #options: LoadOptions;
  readonly #end: number;
  readonly #keys: KeySchema;
  /** First numbers of the batches that are under way or have failed. */
  readonly #open = new Set<number>();
  #issued: number;
  #created = 0;
  #updated = 0;
  #unchanged = 0;

  constructor(clients: TableClients, options: LoadOptions) {
    this.#clients = clients;
    this.#options = options;
    this.#issued = options.from ?? 0;
    this.#end = this.#issued + options.items;
    this.#keys = options.keys ?? MUSIC_KEYS;
  }

  get filled(): Filled {
    const next = Math.min(this.#issued, ...this.#open);
    return { next, created: this.#created, updated: this.#updated, unchanged: this.#unchanged };
  }

  async run(): Promise<void> {
    let failure: { readonly error: unknown } | null = null;
    const writer = async () => {
      while (failure === null && this.#issued < this.#end && !this.#options.signal?.aborted) {
        try {
          await this.#batch(batchItemsMax);
        } catch (error) {
          failure ??= { error };
        }
      }
    };
    try {
      // One record before all others: a stream of DynamoDB Local that begins behind a backlog stays slow for ever.
      if (this.#issued < this.#end) await this.#batch(1);
    } catch (error) {
      throw new FillError(this.filled, error);
    }
    await Promise.all(Array.from({ length: batchesInFlight }, writer));
    const failed = failure as { readonly error: unknown } | null;
    if (failed !== null) throw new FillError(this.filled, failed.error);
  }

  async #batch(itemsMax: number): Promise<void> {
    const { seed, shape, onProgress } = this.#options;
    const first = this.#issued;
    this.#issued = Math.min(this.#end, first + itemsMax);
    this.#open.add(first);
    const numbers = Array.from({ length: this.#issued - first }, (_, n) => first + n);
    const items = numbers.map((number) => itemOf(seed, number, shape ?? MIXED, this.#keys));
    const found = this.#options.readFirst ? await this.#read(numbers) : new Map<string, JsonItem>();
    const before = items.map((item) => found.get(this.#keyText(item)));
    const fresh = items.filter((item, i) => before[i] === undefined || !isSame(before[i], item));
    await this.#write(fresh);
    const replaced = before.filter((one) => one !== undefined).length - (items.length - fresh.length);
    this.#created += fresh.length - replaced;
    this.#updated += replaced;
    this.#unchanged += items.length - fresh.length;
    this.#open.delete(first);
    onProgress?.(this.filled);
  }

  async #write(items: readonly SdkItem[]): Promise<void> {
    const { table } = this.#options;
    let requests: readonly unknown[] = items.map((Item) => ({ PutRequest: { Item } }));
    for (let attempt = 1; requests.length > 0; attempt++) {
      const { answer } = await call<{ UnprocessedItems?: Record<string, unknown[]> }>(
        this.#clients.data,
        'BatchWriteItem',
        { RequestItems: { [table]: requests } },
      );
      const rest = answer.UnprocessedItems?.[table] ?? [];
      // Some throughput was there: begin with short pauses anew.
      if (rest.length < requests.length) attempt = 1;
      requests = rest;
      if (requests.length > 0) await pauseAfter(attempt);
    }
  }

  async #read(numbers: readonly number[]): Promise<ReadonlyMap<string, JsonItem>> {
    const { table } = this.#options;
    const found = new Map<string, JsonItem>();
    let wanted: unknown = { Keys: numbers.map((number) => keyOf(number, this.#keys)), ConsistentRead: true };
    for (let attempt = 1; wanted !== undefined; attempt++) {
      const { answer } = await call<{
        Responses?: Record<string, JsonItem[]>;
        UnprocessedKeys?: Record<string, unknown>;
      }>(this.#clients.data, 'BatchGetItem', { RequestItems: { [table]: wanted } });
      for (const item of answer.Responses?.[table] ?? []) found.set(this.#keyText(item), item);
      wanted = answer.UnprocessedKeys?.[table];
      if (wanted !== undefined) await pauseAfter(attempt);
    }
    return found;
  }

  #keyText(item: Readonly<Record<string, unknown>>): string {
    return jsonOf(this.#keys.map(({ name }) => item[name]));
  }
}
