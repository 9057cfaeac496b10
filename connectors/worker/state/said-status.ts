import type { State } from '../../connector-state.ts';
import type { KeyedLog } from '../../kafka/keyed-log.ts';
import type { Logger } from '../../log.ts';
import type { StatusWriter } from '../../runtime/status-log.ts';

export interface SaidStatusWorld {
  readonly status: Pick<StatusWriter, 'write' | 'writeUnlessTaken'>;
  /** The status topic as it stands. */
  readonly topic: Pick<KeyedLog, 'get'>;
  readonly workerId: string;
  readonly log: Logger;
}

interface Word {
  readonly record: ReturnType<typeof recordOf>;
  isWritten: boolean;
  /** The topic said something else when it was last looked at, which may be only that it is behind. */
  isDoubted: boolean;
}

/**
 * The last words of this worker on the connectors and tasks that it owns.
 *
 * Nobody is kept from writing the status of another's task: one that slept while its task went elsewhere says how it is,
 * and gives it up, when it wakes up. So whoever owns a task says its word again until the topic holds it.
 */
export class SaidStatus {
  readonly #world: SaidStatusWorld;
  readonly #words = new Map<string, Word>();
  /** By key: words are written in their order. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(world: SaidStatusWorld) {
    this.#world = world;
  }

  /** Never throws: what could not be written is written by {@link affirm}. */
  say(key: string, state: State, trace: string | null): Promise<void> {
    const record = recordOf(state, trace, this.#world.workerId);
    const before = this.#words.get(key);
    if (before && JSON.stringify(before.record) === JSON.stringify(record)) {
      return this.#writing.get(key) ?? Promise.resolve();
    }
    const word: Word = { record, isWritten: false, isDoubted: false };
    this.#words.set(key, word);
    // A failure is told by whoever owns it; to begin is to own it.
    return this.#write(key, word, state === 'FAILED');
  }

  /** What was said of it last; null: nothing is. */
  last(key: string): State | null {
    return this.#words.get(key)?.record.state ?? null;
  }

  /** From here on nothing is said of it by itself. */
  forget(key: string): void {
    this.#words.delete(key);
  }

  /** Gives it up, unless another has it already. @param isGone it is no more: there is no status of it. */
  leave(key: string, isGone: boolean): Promise<void> {
    this.#words.delete(key);
    const { status, workerId } = this.#world;
    return this.#inTurn(key, () =>
      isGone ? status.write(key, null) : status.writeUnlessTaken(key, recordOf('UNASSIGNED', null, workerId)),
    );
  }

  /** Says again what is not in the topic; to be called every now and then. */
  async affirm(): Promise<void> {
    for (const [key, word] of this.#words) {
      if (this.#writing.has(key)) continue;
      const stands = this.#world.topic.get(key) === JSON.stringify(word.record);
      if (word.isWritten && (stands || !word.isDoubted)) word.isDoubted = !stands;
      else await this.#write(key, word, false);
    }
  }

  #write(key: string, word: Word, unlessTaken: boolean): Promise<void> {
    const { status } = this.#world;
    return this.#inTurn(key, async () => {
      if (this.#words.get(key) !== word) return;
      if (unlessTaken) await status.writeUnlessTaken(key, word.record);
      else await status.write(key, word.record);
      Object.assign(word, { isWritten: true, isDoubted: false });
    });
  }

  #inTurn(key: string, write: () => Promise<void>): Promise<void> {
    const before = this.#writing.get(key) ?? Promise.resolve();
    const written = before.then(write).catch((err: unknown) => {
      this.#world.log.warn({ key, err }, 'status not written');
    });
    const settled = written.finally(() => {
      if (this.#writing.get(key) === settled) this.#writing.delete(key);
    });
    this.#writing.set(key, settled);
    return settled;
  }
}

const recordOf = (state: State, trace: string | null, workerId: string) => ({
  state,
  trace,
  worker_id: workerId,
  generation: 0,
});
