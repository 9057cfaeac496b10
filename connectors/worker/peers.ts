import { systemClock } from '../clock.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { describeGroup } from '../kafka/committed.ts';
import type { ConnectorType, Peer } from './herder.ts';
import { type Plugins, simpleName } from './plugins.ts';

/** What a worker tells its group of itself, in its membership. */
export interface About extends Record<string, unknown> {
  readonly workerId: string;
  readonly url: string;
  /** Class name → source or sink. */
  readonly classes: Readonly<Record<string, ConnectorType>>;
}

export const aboutOf = (workerId: string, url: string, plugins: Plugins): About => ({
  workerId,
  url,
  classes: Object.fromEntries(plugins.connectors.map(({ type, plugin }) => [plugin.name, type])),
});

const LOOK_INTERVAL_MS = 3000;

/** The other workers of a group, as its coordinator knew them when it was last asked. */
export class Peers {
  readonly #kafka: KafkaClient;
  readonly #groups: readonly string[];
  readonly #workerId: string;
  readonly #stopping = new AbortController();
  #known: readonly About[] = [];
  #looking: Promise<void> = Promise.resolve();

  constructor(kafka: KafkaClient, groups: readonly string[], workerId: string) {
    this.#kafka = kafka;
    this.#groups = groups;
    this.#workerId = workerId;
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
    const found = new Map<string, About>();
    for (const group of this.#groups) {
      const { members } = await describeGroup(this.#kafka, group);
      for (const { about } of members) if (isAbout(about)) found.set(about.workerId, about);
    }
    this.#known = [...found.values()];
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
      .filter(({ workerId }) => workerId !== this.#workerId)
      .map(({ workerId, url, classes }) => ({ workerId, url, classes }));
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

function isAbout(about: Readonly<Record<string, unknown>> | null): about is About {
  return (
    about !== null &&
    typeof about['workerId'] === 'string' &&
    typeof about['url'] === 'string' &&
    typeof about['classes'] === 'object' &&
    about['classes'] !== null
  );
}
