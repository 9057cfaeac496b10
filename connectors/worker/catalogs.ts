import type { KafkaClient } from '../kafka/client.ts';
import type { KafkaError } from '../kafka/errors.ts';
import { KeyedLog } from '../kafka/keyed-log.ts';
import { listTopics } from '../kafka/topics.ts';
import { Catalog } from '../runtime/catalog.ts';

/** A catalog for as long as somebody holds it. */
export interface HeldCatalog extends AsyncDisposable {
  readonly catalog: Catalog;
  /** Hears when the topic cannot be read any more: from then on the catalog stays as it is. @returns how to hear no more. */
  onFault(listener: (error: KafkaError) => void): () => void;
}

interface Open {
  readonly log: Promise<KeyedLog>;
  readonly catalog: Promise<Catalog>;
  holders: number;
}

/**
 * The catalogs that the connectors of a worker stand on, each read once, while one of them holds it.
 *
 * What nobody holds is closed, and read anew when it is asked for again: its topic may be another by then, made after that one was
 * deleted, and what the old one said of epochs and snapshots would be wrong of it.
 */
export class Catalogs implements AsyncDisposable {
  readonly #kafka: KafkaClient;
  readonly #open = new Map<string, Open>();

  constructor(kafka: KafkaClient) {
    this.#kafka = kafka;
  }

  /** The catalog that a topic holds; null: the topic is not there yet. */
  async hold(topic: string): Promise<HeldCatalog | null> {
    if (!this.#open.has(topic) && !(await listTopics(this.#kafka)).includes(topic)) return null;
    const open = this.#open.get(topic) ?? this.#read(topic);
    open.holders++;
    let isHeld = true;
    const release = async () => {
      if (!isHeld) return;
      isHeld = false;
      if (--open.holders > 0) return;
      this.#forget(topic, open);
      await (await open.log.catch(() => null))?.close();
    };
    try {
      const [catalog, log] = [await open.catalog, await open.log];
      return { catalog, onFault: (listener) => log.onFault(listener), [Symbol.asyncDispose]: release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(async ({ log }) => (await log.catch(() => null))?.close()));
  }

  #read(topic: string): Open {
    const log = KeyedLog.open(this.#kafka, topic);
    const open: Open = { log, catalog: log.then((read) => new Catalog(read)), holders: 0 };
    this.#open.set(topic, open);
    // One that cannot be read any more is not given to others.
    log.then(
      (read) => read.onFault(() => this.#forget(topic, open)),
      () => this.#forget(topic, open),
    );
    return open;
  }

  #forget(topic: string, open: Open): void {
    if (this.#open.get(topic) === open) this.#open.delete(topic);
  }
}
