import type { Clock } from '../../clock.ts';

export interface LostClassesWorld {
  /** How long a member that is gone may be kept by the group, ms. */
  readonly sessionTimeoutMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * The classes of stored connectors that no worker of the group has.
 *
 * Not at once: the workers that have one may be on their way, where all are started together or one is started anew.
 */
export class LostClasses {
  readonly #world: LostClassesWorld;
  /** By class: since when nobody has it, ms on the monotonic clock. */
  #since = new Map<string, number>();
  #lost: ReadonlySet<string> = new Set();

  constructor(world: LostClassesWorld) {
    this.#world = world;
  }

  has(className: string): boolean {
    return this.#lost.has(className);
  }

  /**
   * @param unknown classes that no worker of the group has now
   * @returns whether others are lost than before
   */
  seen(unknown: ReadonlySet<string>): boolean {
    const { clock, sessionTimeoutMs } = this.#world;
    const now = clock.monotonic();
    this.#since = new Map([...unknown].map((name) => [name, this.#since.get(name) ?? now]));
    const before = this.#lost;
    const isLost = ([, since]: readonly [string, number]) => now - since > 2 * sessionTimeoutMs;
    this.#lost = new Set([...this.#since].filter(isLost).map(([name]) => name));
    return this.#lost.size !== before.size || [...before].some((name) => !this.#lost.has(name));
  }
}
