import { randomUUID } from 'node:crypto';
import { systemClock } from '../../clock.ts';
import type { ConnectorType } from '../../connector-state.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { describeGroup } from '../../kafka/committed.ts';
import { type Plugins, simpleName } from '../../plugins.ts';
import type { Peer } from '../herder.ts';
import type { TwinWatch } from './twin-watch.ts';

/** What a worker tells its group of itself, in its membership. */
export interface About extends Record<string, unknown> {
  readonly workerId: string;
  readonly url: string;
  /** Of this process alone, which its address may not be: the loopback's is the same on every host. */
  readonly instance: string;
  /** Class name → source or sink. */
  readonly classes: Readonly<Record<string, ConnectorType>>;
}

export const aboutOf = (workerId: string, url: string, plugins: Plugins): About => ({
  workerId,
  url,
  instance: randomUUID(),
  classes: Object.fromEntries(plugins.connectors.map(({ type, plugin }) => [plugin.name, type])),
});

const LOOK_INTERVAL_MS = 3000;

/** The other workers of a group, as its coordinator knew them when it was last asked. */
export class Peers {
  readonly #kafka: KafkaClient;
  readonly #groups: readonly string[];
  readonly #self: About;
  readonly #twins: TwinWatch;
  readonly #stopping = new AbortController();
  readonly #onLook: () => void;
  #known: readonly About[] = [];
  #looking: Promise<void> = Promise.resolve();

  /**
   * @param twins hears of workers with the address of this one.
   * @param onLook hears of each look that succeeded.
   */
  constructor(
    kafka: KafkaClient,
    groups: readonly string[],
    self: About,
    twins: TwinWatch,
    onLook: () => void = () => {},
  ) {
    this.#kafka = kafka;
    this.#groups = groups;
    this.#self = self;
    this.#twins = twins;
    this.#onLook = onLook;
  }

  /** Asks again and again, so that questions that cannot wait are answered too. */
  start(): void {
    this.#looking = this.#run();
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#looking;
  }

  async look(): Promise<void> {
    const all: About[] = [];
    for (const group of this.#groups) {
      const { members } = await describeGroup(this.#kafka, group);
      for (const { about } of members) if (isAbout(about)) all.push(about);
    }
    const { workerId, instance } = this.#self;
    this.#twins.seen(
      all
        .filter((about) => about.workerId === workerId && about.instance !== instance)
        .map((twin) => twin.instance),
    );
    this.#known = [...new Map(all.map((about) => [about.workerId, about])).values()];
    this.#onLook();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // A coordinator that is away is asked again; until then what was known is.
      await this.look().catch(() => {});
      await systemClock.sleep(LOOK_INTERVAL_MS, signal).catch(() => {});
    }
  }

  get others(): readonly Peer[] {
    return this.#known
      .filter(({ workerId }) => workerId !== this.#self.workerId)
      .map(({ workerId, url, classes }) => ({ workerId, url, classes }));
  }

  /** Some worker has sources, or sinks. */
  has(type: ConnectorType): boolean {
    return this.#known.some(({ classes }) => Object.values(classes).includes(type));
  }

  /** What kind of connector a class of some worker makes; null: none of them knows it. */
  typeOf(className: string): ConnectorType | null {
    const wanted = simpleName(className);
    for (const { classes } of this.#known) {
      for (const [name, type] of Object.entries(classes)) if (simpleName(name) === wanted) return type;
    }
    return null;
  }
}

export function isAbout(about: Readonly<Record<string, unknown>> | null): about is About {
  return (
    about !== null &&
    typeof about['workerId'] === 'string' &&
    typeof about['url'] === 'string' &&
    typeof about['instance'] === 'string' &&
    typeof about['classes'] === 'object' &&
    about['classes'] !== null
  );
}
