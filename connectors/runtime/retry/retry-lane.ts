import { recordsAt } from '../records-at.ts';
import { decodeIncoming, type Incoming } from '../sink/incoming.ts';
import type { LaneParts, LaneRun } from '../sink/lane-kind.ts';
import type { LaneState, TopicProgress } from '../sink/lane-state.ts';
import { writeRecords } from '../sink/lane-write.ts';
import type { Turns } from '../turns.ts';
import { newestPlaces } from './newest-places.ts';
import { afterRetry } from './retry-outcomes.ts';
import { type LaneLetter, lettersByKey, type Sending, searchOf, sendingsOf } from './retry-plan.ts';
import { retryScope } from './retry-scope.ts';
import { type RetryResult, RetryTally } from './retry-tally.ts';
import { type LettersRead, settleRead } from './settled-letters.ts';

/** The letters of a lane, and which of them are asked for. */
export interface LaneLetters {
  /** Every one that waits, one for each record. */
  readonly letters: readonly LaneLetter[];
  /** Only letters of this code are retried; null: all. */
  readonly reason: string | null;
  readonly read: LettersRead;
}

/**
 * Sends the dead letters of one lane again, and ends.
 *
 * Rule C9: what is sent for a key is its newest record, never an older one; a record that the sink will come to by
 * itself is left to it. So a key is written once at most, and the order within it is kept (rule C7). What became of the
 * letters is committed in one step at the end: who is killed before begins again, and writes the same.
 */
export class RetryLane implements LaneRun {
  readonly #parts: LaneParts;
  readonly #asked: LaneLetters;
  readonly #turns: Turns;
  readonly #onDone: (result: RetryResult) => void;
  #state: LaneState;
  #draining = false;
  #settled: Promise<void> = Promise.resolve();

  /**
   * @param turns lets only so many lanes read at a time.
   * @param onDone hears the result when it is committed; never, when the lane was given up before.
   */
  constructor(parts: LaneParts, asked: LaneLetters, turns: Turns, onDone: (result: RetryResult) => void) {
    this.#parts = parts;
    this.#asked = asked;
    this.#turns = turns;
    this.#onDone = onDone;
    this.#state = parts.state;
  }

  get state(): LaneState {
    return this.#state;
  }

  /** It reads by itself what it needs. */
  get queuedBytes(): number {
    return 0;
  }

  offer(): void {}

  async drain(): Promise<void> {
    this.#draining = true;
    await this.#settled;
  }

  run(): Promise<void> {
    const running = this.#retry();
    this.#settled = running.catch(() => {});
    return running;
  }

  async #retry(): Promise<void> {
    using _turn = await this.#turns.take();
    const { definition, target, topics } = this.#parts;
    const { signal, world } = target;
    if (this.#draining) return;
    signal.throwIfAborted();
    const { letters, reason, read } = this.#asked;
    const scope = retryScope(
      definition,
      world.catalog,
      target.table.facts.table,
      topics.partition,
      this.#state,
    );
    const asked = letters.filter((letter) => reason === null || letter.reason === reason);
    const byKey = lettersByKey(asked);
    const newest = await newestPlaces(world, topics, searchOf(asked, scope, topics), signal);
    const tally = new RetryTally(letters, byKey);
    const sendings = sendingsOf(byKey, newest, scope, topics);
    for (const topic of [topics.snapshot, topics.changes]) {
      await this.#send(
        topic,
        sendings.filter((sending) => sending.topic === topic),
        tally,
      );
    }
    if (this.#draining) return;
    tally.end();
    const after = afterRetryOf(this.#state, tally, topics, settleRead(this.#state.settled, read, reason));
    // First: a commit of the task's loop that comes behind this one must not bring back the state of before.
    this.#state = after;
    await this.#parts.commit(after);
    this.#onDone(tally.result);
  }

  /** Writes records of one topic, a fetch at a time. */
  async #send(topic: string, sendings: readonly Sending[], tally: RetryTally): Promise<void> {
    const { definition, target, topics } = this.#parts;
    const { world, signal } = target;
    const byOffset = new Map(sendings.map((sending) => [sending.offset, sending]));
    const found = recordsAt(world.kafka, topic, topics.partition, [...byOffset.keys()], signal);
    for await (const raws of found) {
      const batch: Incoming[] = [];
      for (const raw of raws) {
        // A delete stands in for whatever a transform filters: there may be a row by now.
        const decoded = decodeIncoming(raw, world.converter, definition.transforms, null, target.moves);
        if ('incoming' in decoded) batch.push(decoded.incoming);
      }
      const outcomes = await writeRecords(target, topic, topics.partition, batch);
      batch.forEach(({ raw }, i) => {
        tally.sent(byOffset.get(raw.offset)!, outcomes[i]!);
      });
      if (this.#draining) return;
    }
  }
}

function afterRetryOf(
  state: LaneState,
  tally: RetryTally,
  topics: { readonly snapshot: string; readonly changes: string },
  settled: LaneState['settled'],
): LaneState {
  const outcomesOf = (topic: string, { outcomes, countedTo }: TopicProgress) =>
    afterRetry(outcomes, tally.left(topic, countedTo), tally.became(topic));
  const { snapshot, changes } = state;
  return {
    ...state,
    snapshot: { ...snapshot, outcomes: outcomesOf(topics.snapshot, snapshot) },
    changes: { ...changes, outcomes: outcomesOf(topics.changes, changes) },
    settled,
  };
}
