import { asConnectError, ConnectError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { ensureTopics, type TopicSpec } from '../../kafka/topics.ts';
import { deadLetterSpec } from '../../topic-specs.ts';

/** Makes the dead-letter topic when the first letter comes, where it is missing; an existing one is left as it is. */
export class DeadLetterTopic {
  readonly #spec: TopicSpec;
  readonly #create: (spec: TopicSpec) => Promise<unknown>;
  #there: Promise<void> | null = null;

  constructor(
    kafka: KafkaClient,
    { topic, replicationFactor }: { readonly topic: string; readonly replicationFactor: number | null },
    create: (kafka: KafkaClient, specs: readonly TopicSpec[]) => Promise<unknown> = ensureTopics,
  ) {
    this.#spec = deadLetterSpec(topic, replicationFactor);
    this.#create = (spec) => create(kafka, [spec]);
  }

  /** Throws KAFKA_UNREACHABLE, after which it may be asked again, and DEAD_LETTER_FAILED. */
  there(): Promise<void> {
    this.#there ??= this.#make().catch((error: unknown) => {
      this.#there = null;
      throw error;
    });
    return this.#there;
  }

  async #make(): Promise<void> {
    try {
      await this.#create(this.#spec);
    } catch (cause) {
      throw deadLetterFault(this.#spec.topic, cause);
    }
  }
}

/** What is thrown where letters cannot be written: what passes is tried again, else the table halts (rule C8). */
export function deadLetterFault(topic: string, cause: unknown): ConnectError {
  const error = asConnectError(cause);
  if (error.remedy === 'retry' || error.code === 'DEAD_LETTER_FAILED') return error;
  return new ConnectError('DEAD_LETTER_FAILED', `Topic ${topic} could not be written: ${error.message}`, {
    cause,
  });
}
