import { asConnectError, ConnectError } from '../errors.ts';
import type { PlainProducer } from '../kafka/plain-producer.ts';
import type { OutRecord } from '../kafka/record-batch.ts';
import type { InRecord } from '../kafka/record-decode.ts';
import type { Stage } from './incoming.ts';

/** Equal failures in a row, after which a configuration is broken rather than records bad. */
export const FLOOD = 100;

export interface DeadLetter {
  readonly raw: InRecord;
  readonly error: ConnectError;
  readonly stage: Stage;
}

/**
 * Sets bad records aside: the original key, value, headers and timestamp, and Kafka Connect's context headers
 * (`__connect.errors.*`, DeadLetterQueueReporter). With tolerance none the first one is thrown instead.
 */
export class DeadLetters {
  readonly #producer: PlainProducer;
  readonly #from: { topic: string; connector: string; task: number; pluginName: string };
  readonly #tolerance: 'none' | 'all';
  #lastCode = '';
  #inARow = 0;

  constructor(
    producer: PlainProducer,
    from: { topic: string; connector: string; task: number; pluginName: string },
    tolerance: 'none' | 'all',
  ) {
    this.#producer = producer;
    this.#from = from;
    this.#tolerance = tolerance;
  }

  /** A record was written: whatever failed before it was not everything. */
  succeeded(): void {
    this.#inARow = 0;
  }

  /**
   * Resolves when all of them are durable in the dead-letter topic (rule C8).
   * @param repeated runs the sending, and repeats it while the error table says so.
   * @throws the first letter's error with tolerance none; DEAD_LETTER_FLOOD; DEAD_LETTER_FAILED.
   */
  async add(
    topic: string,
    partition: number,
    letters: readonly DeadLetter[],
    repeated: (send: () => Promise<void>) => Promise<void> = (send) => send(),
  ): Promise<void> {
    const first = letters[0];
    if (!first) return;
    if (this.#tolerance === 'none') throw placed(first, topic, partition);
    for (const { error } of letters) this.#countInARow(error.code);
    const records = letters.map((letter) => this.#record(letter, topic, partition));
    await repeated(() => this.#send(records));
  }

  async #send(records: readonly OutRecord[]): Promise<void> {
    try {
      await this.#producer.send(this.#from.topic, 0, records);
    } catch (cause) {
      const error = asConnectError(cause);
      if (error.remedy === 'retry') throw error;
      throw new ConnectError('DEAD_LETTER_FAILED', `Topic ${this.#from.topic} could not be written`, {
        cause,
      });
    }
  }

  #countInARow(code: string): void {
    this.#inARow = code === this.#lastCode ? this.#inARow + 1 : 1;
    this.#lastCode = code;
    if (this.#inARow >= FLOOD) {
      throw new ConnectError('DEAD_LETTER_FLOOD', `${FLOOD} records in a row failed with ${code}`);
    }
  }

  #record({ raw, error, stage }: DeadLetter, topic: string, partition: number): OutRecord {
    return {
      key: raw.key,
      value: raw.value,
      timestampMs: raw.timestampMs,
      headers: [
        ...raw.headers,
        ['__connect.errors.topic', topic],
        ['__connect.errors.partition', String(partition)],
        ['__connect.errors.offset', String(raw.offset)],
        ['__connect.errors.connector.name', this.#from.connector],
        ['__connect.errors.task.id', String(this.#from.task)],
        ['__connect.errors.stage', stage],
        ['__connect.errors.class.name', this.#from.pluginName],
        ['__connect.errors.exception.class.name', error.code],
        ['__connect.errors.exception.message', error.message],
        ['__connect.errors.exception.stacktrace', error.stack ?? ''],
      ],
    };
  }
}

/** The error, with the place of its record. */
function placed({ error, raw }: DeadLetter, topic: string, partition: number): ConnectError {
  const place = `${topic} partition ${partition} offset ${raw.offset}`;
  const detail = { ...error.detail, topic, partition, offset: raw.offset };
  return new ConnectError(error.code, `${error.message} (record ${place})`, { cause: error, detail });
}
