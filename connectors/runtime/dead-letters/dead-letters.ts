import type { Clock } from '../../clock.ts';
import { ConnectError } from '../../errors.ts';
import type { PlainProducer } from '../../kafka/plain-producer.ts';
import type { OutRecord } from '../../kafka/wire/record-batch.ts';
import type { InRecord } from '../../kafka/wire/record-decode.ts';
import { FailureRuns } from '../failure-runs.ts';
import type { Stage } from '../sink/incoming.ts';
import { deadLetterFault } from './dead-letter-topic.ts';
import type { SetAsideLog } from './set-aside-log.ts';

export interface DeadLetter {
  readonly raw: InRecord;
  readonly error: ConnectError;
  readonly stage: Stage;
  /** Class name of the converter or transform that failed; null: the connector itself. */
  readonly by: string | null;
}

type Headers = NonNullable<OutRecord['headers']>;

/** Which topic partition records stand in. */
export interface LetterPlace {
  readonly table: string;
  readonly topic: string;
  readonly partition: number;
}

/** Who sets aside. */
export interface LetterSender {
  /** The dead-letter topic. */
  readonly topic: string;
  readonly connector: string;
  readonly task: number;
  readonly pluginName: string;
}

export interface LetterOptions {
  /** So many equal failures in a row halt; default {@link FailureRuns}'s. */
  readonly runMax?: number | undefined;
  /** False: letters are the original records and no more; default true. */
  readonly contextHeaders?: boolean;
  /** Makes the topic before the first letter; default: it is there. */
  readonly there?: () => Promise<void>;
  /** Hears of each record, when it is durable in the topic. */
  readonly log?: Pick<SetAsideLog, 'add'>;
}

/**
 * Sets bad records aside: the original key, value, headers and timestamp, and Kafka Connect's context headers
 * (`__connect.errors.*`, DeadLetterQueueReporter). With tolerance none the first one is thrown instead.
 */
export class DeadLetters {
  readonly #producer: PlainProducer;
  readonly #from: LetterSender;
  readonly #tolerance: 'none' | 'all';
  readonly #clock: Clock;
  readonly #runs: FailureRuns;
  readonly #options: LetterOptions;

  constructor(
    producer: PlainProducer,
    from: LetterSender,
    tolerance: 'none' | 'all',
    clock: Clock,
    options: LetterOptions = {},
  ) {
    this.#producer = producer;
    this.#from = from;
    this.#tolerance = tolerance;
    this.#clock = clock;
    this.#options = options;
    this.#runs = new FailureRuns(options.runMax);
  }

  /** Every record of a batch was written. */
  succeeded(table: string): void {
    this.#runs.succeeded(table);
  }

  /**
   * Resolves when all of them are durable in the dead-letter topic (rule C8).
   * @param failures the whole batch that the letters come from, in its order: null where a record was written.
   * @param repeated runs the sending, and repeats it while the error table says so.
   * @throws the first letter's error with tolerance none; DEAD_LETTER_FLOOD; DEAD_LETTER_FAILED.
   */
  async add(
    place: LetterPlace,
    letters: readonly DeadLetter[],
    failures: Iterable<ConnectError | null>,
    repeated: (send: () => Promise<void>) => Promise<void> = (send) => send(),
  ): Promise<void> {
    const first = letters[0];
    if (!first) return;
    if (this.#tolerance === 'none') throw placed(first, place);
    this.#runs.observe(place.table, failures);
    const records = letters.map((letter) => this.#record(letter, place));
    await repeated(() => this.#send(records));
    for (const letter of letters) this.#log(letter, place);
  }

  async #send(records: readonly OutRecord[]): Promise<void> {
    try {
      await this.#options.there?.();
      await this.#producer.send(this.#from.topic, 0, records);
    } catch (cause) {
      throw deadLetterFault(this.#from.topic, cause);
    }
  }

  #log({ raw, error, stage, by }: DeadLetter, { table, topic, partition }: LetterPlace): void {
    const place = { topic, partition, offset: raw.offset };
    const { pluginName } = this.#from;
    this.#options.log?.add({
      error,
      table,
      stage,
      by: by ?? pluginName,
      place,
      timestampMs: raw.timestampMs,
    });
  }

  #record(letter: DeadLetter, place: LetterPlace): OutRecord {
    const { key, value, timestampMs, headers } = letter.raw;
    const context = (this.#options.contextHeaders ?? true) ? this.#context(letter, place) : [];
    return { key, value, timestampMs, headers: [...headers, ...context] };
  }

  #context({ raw, error, stage, by }: DeadLetter, { table, topic, partition }: LetterPlace): Headers {
    return [
      ['messina.table', table],
      ['messina.set_aside', new Date(this.#clock.now()).toISOString()],
      ['__connect.errors.topic', topic],
      ['__connect.errors.partition', String(partition)],
      ['__connect.errors.offset', String(raw.offset)],
      ['__connect.errors.connector.name', this.#from.connector],
      ['__connect.errors.task.id', String(this.#from.task)],
      ['__connect.errors.stage', stage],
      ['__connect.errors.class.name', by ?? this.#from.pluginName],
      ['__connect.errors.exception.class.name', error.code],
      ['__connect.errors.exception.message', error.message],
      ['__connect.errors.exception.stacktrace', error.stack ?? ''],
    ];
  }
}

/** The error, with the place of its record. */
function placed({ error, raw }: DeadLetter, { topic, partition }: LetterPlace): ConnectError {
  const place = `${topic} partition ${partition} offset ${raw.offset}`;
  const detail = { ...error.detail, topic, partition, offset: raw.offset };
  return new ConnectError(error.code, `${error.message} (record ${place})`, { cause: error, detail });
}
