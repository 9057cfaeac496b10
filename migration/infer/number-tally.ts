/** CQL types that hold whole numbers, or all numbers, exactly; each holds what those before it hold. */
export type NumberType = 'bigint' | 'varint' | 'decimal';

/** What a number may count since 1970, if it is a time. */
export type EpochUnit = 'seconds' | 'milliseconds' | 'microseconds';

const BIGINT_MAX = 2n ** 63n - 1n;
const BIGINT_MIN = -(2n ** 63n);
const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);
/** Any whole number of fewer characters is within bigint. */
const SURELY_BIGINT_CHARS = 18;

/** A whole number in these years is taken for a time: 2000 to 2100. */
const TIME_FROM_SECONDS = Date.UTC(2000, 0) / 1000;
const TIME_TO_SECONDS = Date.UTC(2100, 0) / 1000;
const UNITS: readonly (readonly [EpochUnit, number])[] = [
  ['seconds', 1],
  ['milliseconds', 1e3],
  ['microseconds', 1e6],
];

/** What the numbers that were seen have in common; of constant size. */
export class NumberTally {
  /** Numbers seen. */
  count = 0;
  #wholes = 0;
  #bigints = 0;
  #ints = 0;
  #times = new Map<EpochUnit, number>();

  /** @param text canonical, as in an item */
  add(text: string): void {
    this.count++;
    if (text.includes('.')) return;
    this.#wholes++;
    if (!isBigint(text)) return;
    this.#bigints++;
    const value = Number(text);
    if (value >= INT_MIN && value <= INT_MAX) this.#ints++;
    const unit = unitOf(value);
    if (unit !== null) this.#times.set(unit, (this.#times.get(unit) ?? 0) + 1);
  }

  /**
   * The narrowest type that is safe: `int` never is, because counters and ids outgrow it, and `double` rounds.
   */
  get type(): NumberType {
    if (this.#bigints === this.count) return 'bigint';
    return this.#wholes === this.count ? 'varint' : 'decimal';
  }

  get allInts(): boolean {
    return this.#ints === this.count;
  }

  /** The unit in which every number seen is a time of this century; null: there is none. */
  get epochUnit(): EpochUnit | null {
    for (const [unit, count] of this.#times) if (count === this.count) return unit;
    return null;
  }
}

function isBigint(whole: string): boolean {
  if (whole.length <= SURELY_BIGINT_CHARS) return true;
  if (whole.length > 20) return false;
  const value = BigInt(whole);
  return value >= BIGINT_MIN && value <= BIGINT_MAX;
}

function unitOf(value: number): EpochUnit | null {
  const found = UNITS.find(
    ([, perSecond]) => value >= TIME_FROM_SECONDS * perSecond && value < TIME_TO_SECONDS * perSecond,
  );
  // A timestamp has no digits below the millisecond.
  return found === undefined || (found[0] === 'microseconds' && value % 1000 !== 0) ? null : found[0];
}
