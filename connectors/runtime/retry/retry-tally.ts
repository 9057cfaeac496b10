import type { Outcome } from '../outcomes.ts';
import type { Became } from './retry-outcomes.ts';
import type { LaneLetter, LettersByKey, Sending } from './retry-plan.ts';

/** What became of the letters that a retry was asked for: the last four add up to the first. */
export interface RetryResult {
  readonly letters: number;
  readonly written: number;
  /** A transform says that the item does not belong in the target. */
  readonly filtered: number;
  /** A newer record of the key stands in for it: it was sent, or will come by itself. */
  readonly superseded: number;
  /** Set aside once more. */
  readonly failed: number;
}

export const NO_RESULT: RetryResult = { letters: 0, written: 0, filtered: 0, superseded: 0, failed: 0 };

export function addResults(a: RetryResult, b: RetryResult): RetryResult {
  return {
    letters: a.letters + b.letters,
    written: a.written + b.written,
    filtered: a.filtered + b.filtered,
    superseded: a.superseded + b.superseded,
    failed: a.failed + b.failed,
  };
}

type Counts = { -readonly [K in keyof Became]: number };

/** Keeps the books of a lane's retry: which letters still wait, and what the records of the others count as now. */
export class RetryTally {
  readonly #asked: LettersByKey;
  /** Offsets of records with a letter that waits, by topic. */
  readonly #waiting = new Map<string, Set<number>>();
  readonly #became = new Map<string, Counts>();
  readonly #sent = new Set<string>();
  #failed = 0;

  /** @param all every letter of the lane that waits; `asked`: those of them that are retried. */
  constructor(all: readonly LaneLetter[], asked: LettersByKey) {
    this.#asked = asked;
    for (const { topic, offset } of all) this.#waitingOf(topic).add(offset);
  }

  /** A key's newest record was sent, and this is what came of it. */
  sent({ key, topic, offset }: Sending, outcome: Outcome): void {
    this.#sent.add(key);
    for (const letter of this.#asked.get(key) ?? []) {
      const isSent = letter.topic === topic && letter.offset === offset;
      if (!isSent) this.#settle(letter, 'superseded');
      else if (outcome !== 'deadLettered') this.#settle(letter, outcome);
    }
    if (outcome !== 'deadLettered') return;
    // Set aside once more, under the place of what was sent: of a key only its newest record has a letter that waits.
    this.#waitingOf(topic).add(offset);
    this.#failed++;
  }

  /** Nothing more is sent: keys without a sending have a newer record to come. */
  end(): void {
    for (const [key, letters] of this.#asked) {
      if (this.#sent.has(key)) continue;
      for (const letter of letters) this.#settle(letter, 'superseded');
    }
  }

  /** Letters that wait, of records of a topic below an offset. */
  left(topic: string, below: number): number {
    let count = 0;
    for (const offset of this.#waitingOf(topic)) if (offset < below) count++;
    return count;
  }

  became(topic: string): Became {
    return this.#countsOf(topic);
  }

  get result(): RetryResult {
    let [letters, written, filtered] = [0, 0, 0];
    for (const of of this.#asked.values()) letters += of.length;
    for (const counts of this.#became.values()) {
      written += counts.written;
      filtered += counts.filtered;
    }
    const failed = this.#failed;
    return { letters, written, filtered, superseded: letters - written - filtered - failed, failed };
  }

  #settle({ topic, offset }: LaneLetter, as: keyof Became): void {
    this.#waitingOf(topic).delete(offset);
    this.#countsOf(topic)[as]++;
  }

  #waitingOf(topic: string): Set<number> {
    let offsets = this.#waiting.get(topic);
    if (offsets === undefined) this.#waiting.set(topic, (offsets = new Set()));
    return offsets;
  }

  #countsOf(topic: string): Counts {
    let counts = this.#became.get(topic);
    if (counts === undefined) this.#became.set(topic, (counts = { written: 0, filtered: 0, superseded: 0 }));
    return counts;
  }
}
