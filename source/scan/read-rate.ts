import type { Clock } from '../../connectors/clock.ts';
import { RateLimiter } from '../../dynamodb/rate.ts';
import type { Billing } from '../../dynamodb/table.ts';

/** What a table without provisioned capacity can read at least (service quotas: 40 000 units per table by default). */
const ON_DEMAND_UNITS = 40_000;
/** DynamoDB lends unused capacity of the last 5 minutes (developer guide: burst capacity). */
const BURST_SECONDS = 300;
/** So much of our share of it is used, that the scan of a small table need not crawl. */
const BURST_UNITS_MAX = 500;

export interface ReadRate {
  readonly unitsPerSecond: number;
  /** May be read at once before the rate holds. */
  readonly burstUnits: number;
}

/** @param readCapacity up to 1 a share of the table's units, above 1 a number of units a second */
export function readRate(readCapacity: number, billing: Pick<Billing, 'mode' | 'readUnits'>): ReadRate {
  if (readCapacity > 1) return { unitsPerSecond: readCapacity, burstUnits: 0 };
  if (billing.mode === 'PAY_PER_REQUEST' || billing.readUnits === 0) {
    return { unitsPerSecond: readCapacity * ON_DEMAND_UNITS, burstUnits: 0 };
  }
  const unitsPerSecond = readCapacity * billing.readUnits;
  return { unitsPerSecond, burstUnits: Math.min(BURST_SECONDS * unitsPerSecond, BURST_UNITS_MAX) };
}

export type Pace = (consumedUnits: number, signal?: AbortSignal) => Promise<void>;

/** Keeps all segments of a table, whichever tasks read them in this process, at one rate together. */
export class TablePaces {
  readonly #clock: Clock;
  readonly #paces = new Map<string, { readonly rate: ReadRate; readonly pace: Pace }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(table: string, rate: ReadRate): Pace {
    const known = this.#paces.get(table);
    if (known?.rate.unitsPerSecond === rate.unitsPerSecond) return known.pace;
    const pace = paceAt(rate, this.#clock);
    this.#paces.set(table, { rate, pace });
    return pace;
  }
}

function paceAt(rate: ReadRate, clock: Clock): Pace {
  const limiter = new RateLimiter(rate.unitsPerSecond, clock);
  let burstUnits = rate.burstUnits;
  return async (consumedUnits, signal) => {
    const lent = Math.min(burstUnits, consumedUnits);
    burstUnits -= lent;
    if (consumedUnits > lent) await limiter.take(consumedUnits - lent, signal);
  };
}
