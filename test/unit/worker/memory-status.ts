import type { State } from '../../../connectors/connector-state.ts';

interface Said {
  readonly state: State;
  readonly worker_id: string;
  readonly trace: string | null;
}

/** A status topic that is read as soon as it is written; what was written is kept in its order. */
export class MemoryStatus {
  readonly values = new Map<string, string>();
  readonly history: string[] = [];
  /** Writes fail while it is away. */
  isAway = false;

  async write(key: string, value: unknown): Promise<void> {
    await Promise.resolve();
    if (this.isAway) throw new Error('away');
    this.history.push(`${key} ${value === null ? null : (value as Said).state}`);
    if (value === null) this.values.delete(key);
    else this.values.set(key, JSON.stringify(value));
  }

  async writeUnlessTaken(key: string, value: { readonly worker_id: string }): Promise<void> {
    const newest = this.said(key);
    if (newest !== null && newest.worker_id !== value.worker_id) return;
    await this.write(key, value);
  }

  get(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  entries(): IterableIterator<[string, string]> {
    return this.values.entries();
  }

  async readToEnd(): Promise<void> {}

  said(key: string): Said | null {
    const text = this.get(key);
    return text === null ? null : (JSON.parse(text) as Said);
  }

  /** Somebody else says something. */
  another(key: string, state: State, workerId: string): void {
    const record = { state, trace: null, worker_id: workerId, generation: 0 };
    this.values.set(key, JSON.stringify(record));
  }
}
