/** Messina's transactions end within a minute, or the broker ends them. */
const PATIENCE_MS = 3 * 60_000;
const REPEAT_MS = 10 * 60_000;

/** How far a read_committed reader is, and how far it could be. */
export interface Reach {
  /** What it asks for next. */
  readonly offset: number;
  readonly lastStableOffset: number;
  readonly highWatermark: number;
}

/**
 * Notices that one open transaction holds up the reading of a partition for far too long: a "hanging" transaction (KIP-664), which the
 * broker does not know to be open and so never ends. One broker that counts as away for a moment can leave one behind: Kafka 4.3 takes the
 * partitions of a commit that have no leader for deleted, and leaves out their markers.
 */
export class HeldBack {
  #at = -1;
  #sinceMs = 0;
  #tellAtMs = 0;

  /**
   * @param nowMs of a clock that never goes back
   * @returns for how long it has been held up, ms, when that is to be told; else null
   */
  seen({ offset, lastStableOffset, highWatermark }: Reach, nowMs: number): number | null {
    const held = offset >= lastStableOffset && highWatermark > lastStableOffset;
    if (!held || lastStableOffset !== this.#at) {
      this.#at = held ? lastStableOffset : -1;
      this.#sinceMs = nowMs;
      this.#tellAtMs = nowMs + PATIENCE_MS;
      return null;
    }
    if (nowMs < this.#tellAtMs) return null;
    this.#tellAtMs = nowMs + REPEAT_MS;
    return nowMs - this.#sinceMs;
  }
}
