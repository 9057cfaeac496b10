import type { RejectedRecord } from '../../connector.ts';
import { DeadLetterTopic } from '../dead-letters/dead-letter-topic.ts';
import { SetAsideLog } from '../dead-letters/set-aside-log.ts';
import { rejectedToRecords } from './outgoing.ts';
import type { Batch } from './publisher.ts';
import type { SourceDefinition, SourceWorld } from './source-world.ts';

/** Records of a source task that cannot be read: kept in the dead-letter topic, in the transaction of their position. */
export class SourceLetters {
  readonly #definition: SourceDefinition;
  readonly #task: number;
  readonly #clock: SourceWorld['clock'];
  readonly #topic: string;
  readonly #there: () => Promise<void>;
  readonly #log: SetAsideLog | null;

  constructor(definition: SourceDefinition, task: number, world: SourceWorld) {
    const { deadLetters, errors } = definition;
    this.#definition = definition;
    this.#task = task;
    this.#clock = world.clock;
    this.#topic = deadLetters?.topic ?? world.topics.deadLetters;
    const topic = deadLetters === undefined ? null : new DeadLetterTopic(world.kafka, deadLetters);
    this.#there = async () => topic?.there();
    this.#log = errors === undefined ? null : new SetAsideLog(errors, `${definition.name}-${task}`, world);
  }

  /**
   * @param topic the data topic that the records were meant for.
   * @throws KAFKA_UNREACHABLE, DEAD_LETTER_FAILED
   */
  async batches(rejected: readonly RejectedRecord[], topic: string): Promise<Batch[]> {
    if (rejected.length === 0) return [];
    await this.#there();
    const { name, run, deadLetters } = this.#definition;
    const from = {
      connector: name,
      task: this.#task,
      topic,
      pluginName: run.plugin.name,
      contextHeaders: deadLetters?.contextHeaders ?? true,
    };
    const records = rejectedToRecords(rejected, from, this.#clock.now());
    return [{ topic: this.#topic, partition: 0, records }];
  }

  /** The transaction with them is committed. */
  published(rejected: readonly RejectedRecord[], table: string, topic: string): void {
    for (const { error } of rejected) {
      const { table: _table, ...read } = error.detail;
      this.#log?.add({
        error,
        table,
        stage: 'VALUE_CONVERTER',
        by: this.#definition.run.plugin.name,
        place: { topic, ...read },
        timestampMs: this.#clock.now(),
      });
    }
  }
}
