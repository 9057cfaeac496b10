/** How one thing is begun and ended. */
export interface Handling<W> {
  /** What goes wrong is the handler's to tell: neither of the two may throw. */
  begin(key: string, wanted: W): Promise<void> | void;
  end(key: string, wanted: W): Promise<void>;
}

interface Entry<W> {
  wanted: { readonly id: string; readonly value: W } | null;
  /** What stands now, or is being begun. */
  standing: { readonly id: string; readonly value: W } | null;
  working: Promise<void> | null;
}

/**
 * Keeps things as they are wanted: each is ended before it is begun otherwise, one step at a time per key, and what is
 * wanted no longer when its turn comes is passed over.
 */
export class Wanted<W> {
  readonly #handling: Handling<W>;
  readonly #entries = new Map<string, Entry<W>>();

  constructor(handling: Handling<W>) {
    this.#handling = handling;
  }

  /** Keys of what stands, or is being begun or ended. */
  get keys(): string[] {
    return [...this.#entries.keys()];
  }

  /** What stands under a key; null: nothing. */
  standing(key: string): W | null {
    return this.#entries.get(key)?.standing?.value ?? null;
  }

  /** Nothing is being begun or ended under a key, and nothing will be. */
  isSettled(key: string): boolean {
    return this.#entries.get(key)?.working == null;
  }

  /** @param id two wishes of the same id are the same. */
  want(key: string, id: string, value: W): void {
    this.#set(key, { id, value });
  }

  unwant(key: string): void {
    if (this.#entries.has(key)) this.#set(key, null);
  }

  /** Ends what stands and begins it anew, as it is wanted then. */
  again(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry?.wanted) return;
    this.#set(key, { ...entry.wanted, id: `${entry.wanted.id} ` });
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const key of this.keys) this.unwant(key);
    await Promise.all([...this.#entries.values()].map(({ working }) => working));
  }

  #set(key: string, wanted: Entry<W>['wanted']): void {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { wanted: null, standing: null, working: null };
      this.#entries.set(key, entry);
    }
    // A wish that was made again with `again` stays: its id differs by blanks only.
    if (entry.wanted?.id.trimEnd() === wanted?.id && wanted !== null) return;
    entry.wanted = wanted;
    entry.working ??= this.#work(key, entry);
  }

  async #work(key: string, entry: Entry<W>): Promise<void> {
    // Whoever asked goes on first: what it does next may change what is wanted.
    await Promise.resolve();
    while (entry.standing?.id !== entry.wanted?.id) {
      const { standing } = entry;
      if (standing) {
        await this.#handling.end(key, standing.value);
        entry.standing = null;
        continue;
      }
      entry.standing = entry.wanted;
      if (entry.wanted) await this.#handling.begin(key, entry.wanted.value);
    }
    entry.working = null;
    if (entry.standing === null) this.#entries.delete(key);
  }
}
