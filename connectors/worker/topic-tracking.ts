import { systemClock } from '../clock.ts';
import { endOffsets } from '../kafka/offsets.ts';
import { describeTopics } from '../kafka/topics.ts';
import { connectorOf } from '../plugins.ts';
import type { WorkerBase } from './base.ts';
import type { ConfigScope } from './config-scope.ts';
import { sinkOffsets } from './offsets/sink-offsets.ts';
import type { StoredConnector } from './state/config-store.ts';
import { type ConfiguredTopics, configuredTopics } from './state/topics-of-config.ts';
import { type StatusView, topicStatusKey } from './status-view.ts';

const LOOK_INTERVAL_MS = 2000;

/** A connector's topics and how much of each it has used, as far as can be told. */
type Used = ReadonlyMap<string, number>;

/** Says in the status topic which topics the connectors of this worker use (KIP-558). */
export class TopicTracking {
  readonly #base: WorkerBase;
  readonly #view: StatusView;
  readonly #enabled: boolean;
  readonly #scope: ConfigScope;
  readonly #stopping = new AbortController();
  /** By connector. */
  readonly #seen = new Map<string, Used>();
  #connectors: readonly StoredConnector[] = [];
  #looking: Promise<void> = Promise.resolve();

  constructor(base: WorkerBase, view: StatusView, enabled: boolean, scope: ConfigScope) {
    this.#scope = scope;
    this.#base = base;
    this.#view = view;
    this.#enabled = enabled;
  }

  start(): void {
    if (this.#enabled) this.#looking = this.#run();
  }

  set(connectors: readonly StoredConnector[]): void {
    this.#connectors = connectors;
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#looking;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const connector of this.#connectors) {
        await this.#look(connector).catch((err) => {
          this.#base.log.debug({ connector: connector.name, err }, 'its topics are not known');
        });
      }
      await systemClock.sleep(LOOK_INTERVAL_MS, signal).catch(() => {});
    }
  }

  async #look(connector: StoredConnector): Promise<void> {
    if (connector.tasks.length === 0) return;
    const used = await usedTopics(connector, this.#base, this.#scope);
    const before = this.#seen.get(connector.name);
    for (const [topic, amount] of used) {
      // After a reset a topic counts again once more of it is used.
      const isNew = amount > 0 && amount !== (before?.get(topic) ?? 0);
      if (!isNew || this.#view.hasTopic(connector.name, topic)) continue;
      const value = {
        topic: { name: topic, connector: connector.name, task: 0, discoverTimestamp: systemClock.now() },
      };
      await this.#base.statusWriter.write(topicStatusKey(topic, connector.name), value);
    }
    this.#seen.set(connector.name, used);
  }
}

async function usedTopics(
  { name, tasks }: StoredConnector,
  base: WorkerBase,
  { plugins, sources }: ConfigScope,
): Promise<Used> {
  // Those of a task are literal.
  const config = tasks[0] ?? {};
  const configured = configuredTopics(config, sources);
  const used = new Map<string, number>();
  if (configured.topics.length > 0) {
    for (const { partition, offset } of await sinkOffsets(base.kafka, name, configured.topics)) {
      const topic = String(partition['kafka_topic']);
      used.set(topic, (used.get(topic) ?? 0) + Number(offset?.['kafka_offset']));
    }
    return used;
  }
  const found = connectorOf(plugins, config['connector.class'] ?? '');
  const kind = found?.type === 'source' ? found.plugin.kind : 'changes';
  const topics = topicsOfSource(configured, kind);
  for (const [topic, found] of await describeTopics(base.kafka, topics)) {
    if (found === null) continue;
    const ends = await endOffsets(base.kafka, topic);
    used.set(
      topic,
      ends.reduce((sum, end) => sum + end, 0),
    );
  }
  return used;
}

/** A source publishes rows, or changes. */
function topicsOfSource({ names, tables }: ConfiguredTopics, kind: 'snapshot' | 'changes'): string[] {
  return tables.map((table) => (kind === 'snapshot' ? names.snapshot(table) : names.changes(table)));
}
