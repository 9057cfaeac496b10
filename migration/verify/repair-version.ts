import type { RepairRecord } from '../../connectors/catalog-records.ts';
import type { Clock } from '../../connectors/clock.ts';

/** How old what was asked last may be, ms. */
const FRESH_MS = 1000;
/** Rule C12: repairs rank below whatever is captured from then on; the coarsest time of a change is a minute, and 2 s. */
const BEHIND_S = 62;
const SECOND_US = 1_000_000;
/** So much further than it is needed a version is reserved, so that a repair writes one record a minute, µs. */
const RESERVED_US = 60 * SECOND_US;

export interface RepairVersionWorld {
  readonly clock: Pick<Clock, 'monotonic'>;
  /**
   * Every change of the source before this time, ms, stands in the topics (p of rule C5, of the shard that is read least far);
   * null: not known. `none`: nobody captures changes, so that none ever comes.
   */
  readTo(): Promise<number | null | 'none'>;
  /** Highest V of the table's snapshots, of all epochs. */
  snapshotVersion(): number;
  /** What is reserved, by earlier repairs too; null: nothing. */
  reserved(): RepairRecord | null;
  /** Durable when it resolves: a later epoch must outrank what is written then (rule C2). */
  reserve(record: RepairRecord): Promise<void>;
}

/**
 * Gives the V of repairs, for targets whose writes carry one (rule C12).
 *
 * It is below that of every change which is not in the topics yet, and rises with the time up to which these are read. Where
 * nobody captures changes it counts on from the snapshots and the repairs before it.
 */
export class RepairVersions {
  readonly #world: RepairVersionWorld;
  #askedMs = Number.NEGATIVE_INFINITY;
  #version: Promise<number | null> = Promise.resolve(null);
  #counted = 0;

  constructor(world: RepairVersionWorld) {
    this.#world = world;
  }

  /** V of a repair that is written now, µs; null: none is safe yet. */
  now(): Promise<number | null> {
    const nowMs = this.#world.clock.monotonic();
    if (nowMs - this.#askedMs >= FRESH_MS) {
      this.#askedMs = nowMs;
      this.#version = this.#ask();
      // Who asks hears of it; the next one asks anew.
      this.#version.catch(() => {
        this.#askedMs = Number.NEGATIVE_INFINITY;
      });
    }
    return this.#version;
  }

  async #ask(): Promise<number | null> {
    const readTo = await this.#world.readTo();
    if (readTo === null) return null;
    if (readTo === 'none') return this.#count();
    const version = (Math.floor(readTo / 1000) - BEHIND_S) * SECOND_US;
    if (version > (this.#world.reserved()?.version ?? 0)) {
      await this.#world.reserve({ version: version + RESERVED_US });
    }
    return version;
  }

  /** The next one above all snapshots and repairs. */
  async #count(): Promise<number> {
    const { reserved, snapshotVersion } = this.#world;
    const known = reserved()?.version ?? 0;
    const version = Math.max(this.#counted, known, snapshotVersion()) + 1;
    await this.#world.reserve({ version });
    this.#counted = version;
    return version;
  }
}
