import type { Clock } from '../../clock.ts';
import type { Logger } from '../../log.ts';

export interface TwinWatchWorld {
  /** Root of the worker's REST API as it tells the others. */
  readonly url: string;
  /** How long a member that is gone may be kept by the group, ms. */
  readonly sessionTimeoutMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<Logger, 'error'>;
}

/**
 * Says that another worker of the group gives the same address as this one, as two hosts do that listen on their loopback.
 *
 * Both run their tasks all the same, but nobody can tell which of them has a task, and none can send a request on to the other.
 */
export class TwinWatch {
  readonly #world: TwinWatchWorld;
  /** By instance: since when it is seen, ms on the monotonic clock. */
  #since = new Map<string, number>();
  readonly #told = new Set<string>();

  constructor(world: TwinWatchWorld) {
    this.#world = world;
  }

  /** @param instances of all workers with this one's address, as the group knows them now */
  seen(instances: readonly string[]): void {
    const { clock, sessionTimeoutMs, log, url } = this.#world;
    const now = clock.monotonic();
    this.#since = new Map(instances.map((instance) => [instance, this.#since.get(instance) ?? now]));
    for (const [instance, since] of this.#since) {
      // The process that was killed before this one, and was at this address, is a member until its session ends.
      if (now - since <= 2 * sessionTimeoutMs || this.#told.has(instance)) continue;
      this.#told.add(instance);
      log.error(
        { url },
        `another worker of the group is at ${url} too, as it says: give each an address that the others reach it at, by ` +
          'rest.advertised.host.name and rest.advertised.port, or by listeners',
      );
    }
  }
}
