import { keyHash } from '../../connectors/buckets/key-hash.ts';
import type { KeyedLog } from '../../connectors/kafka/keyed-log.ts';
import type { StatusWriter } from '../../connectors/runtime/status-log.ts';

/** Remembers, for a kill, which keys are being mended: what is written may be executed after the process is gone. */
export interface RepairJournal {
  /** An earlier repair has left something behind, which may be under way. */
  readonly wasInterrupted: boolean;
  /** From now on these keys are written; replaces those before them. Durable when it resolves. */
  begin(keys: readonly Buffer[]): Promise<void>;
  /** Every key was looked at again after it was written. */
  end(): Promise<void>;
}

/** Record of the status topic. Hashes, because keys are values of items: they tell a key that one has, and no other. */
interface PendingRecord {
  readonly pending: readonly number[];
}

const recordKey = (sink: string, table: string) => `messina-repair-${sink}-${table}`;

/**
 * The journal of a table's repairs through one sink, in the migration's status topic: it outlives the machine.
 *
 * A repair that was killed leaves its last wave there. The next one waits until nothing of it is under way any more, and
 * then compares; so all that it has to remember are keys that it was not asked to compare.
 */
export class KafkaJournal implements RepairJournal {
  readonly #status: Pick<StatusWriter, 'write'>;
  readonly #key: string;
  /** Left behind by earlier runs, and not compared by this one. */
  readonly #others: readonly number[];
  readonly wasInterrupted: boolean;
  #isWritten: boolean;

  /** @param keys those that this run compares; null: all */
  constructor(
    status: Pick<StatusWriter, 'write'>,
    log: Pick<KeyedLog, 'get'>,
    sink: string,
    table: string,
    keys: readonly Buffer[] | null,
  ) {
    this.#status = status;
    this.#key = recordKey(sink, table);
    const stored = log.get(this.#key);
    const pending = stored === null ? [] : (JSON.parse(stored) as PendingRecord).pending;
    const compared = keys && new Set(keys.map(keyHash));
    this.#others = compared === null ? [] : pending.filter((hash) => !compared.has(hash));
    this.wasInterrupted = pending.length > 0;
    this.#isWritten = stored !== null;
  }

  /** Keys of an interrupted repair that this run does not compare. */
  get left(): number {
    return this.#others.length;
  }

  async begin(keys: readonly Buffer[]): Promise<void> {
    await this.#write([...new Set([...this.#others, ...keys.map(keyHash)])]);
  }

  async end(): Promise<void> {
    if (this.#isWritten) await this.#write(this.#others);
  }

  async #write(pending: readonly number[]): Promise<void> {
    const record: PendingRecord | null = pending.length === 0 ? null : { pending };
    await this.#status.write(this.#key, record);
    this.#isWritten = record !== null;
  }
}
