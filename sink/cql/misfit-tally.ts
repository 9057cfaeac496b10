import type { Clock } from '../../connectors/clock.ts';
import type { Logger } from '../../connectors/log.ts';
import type { BoundRow } from '../../schemas/cql/table-mapping.ts';

const PAUSE_MS = 60_000;

/** Counts what rows lose by their mapping, and says so: at most once a minute, and at the end. */
export class MisfitTally {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #records = new Map<string, Map<string, number>>();
  #saidMs = Number.NEGATIVE_INFINITY;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param table the CQL table */
  add(table: string, { dropped, misfits }: BoundRow): void {
    if (dropped === 0 && misfits.length === 0) return;
    if (dropped > 0) this.#count(table, { attributes: 'in no column', went: 'dropped' });
    for (const { column, misfit, went } of misfits)
      this.#count(table, { column, reason: misfit.reason, went });
    if (this.#clock.monotonic() - this.#saidMs >= PAUSE_MS) this.flush();
  }

  /** Says what has been counted since the last time. */
  flush(): void {
    this.#saidMs = this.#clock.monotonic();
    for (const [table, counts] of this.#records) {
      for (const [what, records] of counts) {
        const facts = { table, ...(JSON.parse(what) as Readonly<Record<string, string>>), records };
        this.#log.warn(facts, 'the mapping leaves out of their columns what does not fit');
      }
    }
    this.#records.clear();
  }

  #count(table: string, what: Readonly<Record<string, string>>): void {
    let counts = this.#records.get(table);
    if (counts === undefined) this.#records.set(table, (counts = new Map()));
    const name = JSON.stringify(what);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}
