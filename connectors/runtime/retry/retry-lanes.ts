import type { LaneKind, LaneParts, LaneRun } from '../sink/lane-kind.ts';
import { Turns } from '../turns.ts';
import { type LaneLetters, RetryLane } from './retry-lane.ts';
import type { RetryResult } from './retry-tally.ts';

/** Each lane that reads has connections of its own. */
const LANES_AT_ONCE = 4;

/** What a sink task does in its lanes when dead letters are retried: only lanes with letters are taken over. */
export class RetryLanes implements LaneKind {
  /** The records are known to be bad: that none of them can be written yet is no reason to halt. */
  readonly runMax = Number.POSITIVE_INFINITY;
  readonly #open: Map<string, LaneLetters>;
  readonly #results = new Map<string, RetryResult>();
  readonly #turns = new Turns(LANES_AT_ONCE);

  /** @param lanes by `table/partition`. */
  constructor(lanes: ReadonlyMap<string, LaneLetters>) {
    this.#open = new Map(lanes);
  }

  /** Lanes whose letters were not dealt with yet. */
  get left(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** By lane, as they are committed. */
  get results(): ReadonlyMap<string, RetryResult> {
    return this.#results;
  }

  wants(table: string, partition: number): boolean {
    return this.#open.has(`${table}/${partition}`);
  }

  make(parts: LaneParts): LaneRun {
    const { lane } = parts.target;
    return new RetryLane(parts, this.#open.get(lane)!, this.#turns, (result) => {
      this.#results.set(lane, result);
      this.#open.delete(lane);
    });
  }
}
