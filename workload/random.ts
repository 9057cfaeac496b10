/** Numbers that repeat for the same seed. */
export interface Random {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** True once in `n` calls on average. */
  oneIn(n: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** Makes a generator (mulberry32) from any numbers: the same numbers, the same sequence. */
export function randomFrom(...seeds: readonly number[]): Random {
  let state = 0x9e3779b9;
  for (const seed of seeds)
    state = Math.imul(state ^ seed, 0x85ebca6b) ^ (state >>> 13) ^ Math.floor(seed / 2 ** 32);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit);
  return { below, oneIn: (n) => below(n) === 0, pick: (from) => from[below(from.length)] ?? from[0] };
}
