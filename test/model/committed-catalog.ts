import type { KeyedLog } from '../../connectors/kafka/keyed-log.ts';
import { Catalog } from '../../connectors/runtime/catalog.ts';
import type { Appended } from './broker.ts';

/** The catalog topic as it is committed, at once: no reader is ahead of it. */
export class CommittedCatalog {
  readonly #values = new Map<string, string>();
  readonly #listeners: (() => void)[] = [];
  readonly catalog: Catalog;

  constructor() {
    const log = {
      get: (key: string) => this.#values.get(key) ?? null,
      entries: () => this.#values.entries(),
      subscribe: (listener: () => void) => {
        this.#listeners.push(listener);
        return () => {};
      },
    };
    this.catalog = new Catalog(log as unknown as KeyedLog);
  }

  apply({ records }: Pick<Appended, 'records'>): void {
    for (const { key, value } of records) {
      if (value === null) this.#values.delete(String(key));
      else this.#values.set(String(key), String(value));
    }
    for (const listener of this.#listeners) listener();
  }
}
