/**
 * Last write wins by the stamp a node's clock gives: what makes Alternator lose an earlier-stamped later write.
 *
 * Stamps are microseconds since the epoch. A write waits for those of its keys that began before it, takes its stamp
 * then, and is applied to the keys whose last stamp is not above it (scylladb docs/alternator/new-apis.md, "Avoiding
 * write reordering"). A write through LWT gets a stamp above all others that went through LWT.
 */
export interface WriteOrder {
  /** Runs `work` when no other write of these keys runs. */
  inTurn<T>(keys: readonly string[], work: () => Promise<T>): Promise<T>;
  stamp(keys: readonly string[], skewMs: number, throughLwt: boolean): number;
  /** Whether a write with this stamp beats what the key has. */
  wins(key: string, stamp: number): boolean;
  applied(keys: readonly string[], stamp: number, throughLwt: boolean): void;
}

export function writeOrder(): WriteOrder {
  const tails = new Map<string, Promise<void>>();
  const lastStamps = new Map<string, number>();
  const lastLwtStamps = new Map<string, number>();
  const inTurn = async <T>(keys: readonly string[], work: () => Promise<T>): Promise<T> => {
    let release = () => {};
    const turn = new Promise<void>((resolve) => {
      release = resolve;
    });
    // All queues are joined in one step, so that two batches never wait for each other.
    const before = keys.map((key) => tails.get(key));
    for (const key of keys) tails.set(key, turn);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      release();
      for (const key of keys) if (tails.get(key) === turn) tails.delete(key);
    }
  };
  return {
    inTurn,
    stamp(keys, skewMs, throughLwt) {
      const clock = Math.floor((performance.timeOrigin + performance.now() + skewMs) * 1000);
      if (!throughLwt) return clock;
      return Math.max(clock, ...keys.map((key) => (lastLwtStamps.get(key) ?? 0) + 1));
    },
    wins: (key, stamp) => stamp >= (lastStamps.get(key) ?? 0),
    applied(keys, stamp, throughLwt) {
      for (const key of keys) {
        lastStamps.set(key, stamp);
        if (throughLwt) lastLwtStamps.set(key, stamp);
      }
    },
  };
}
