import { systemClock } from '../../clock.ts';
import type { PlaceholderSources } from '../../config/placeholders.ts';
import type { InternalTopic } from '../../config/settings.ts';
import type { ConnectorType } from '../../connector-state.ts';
import type { KeyedEntry } from '../../runtime/catalog.ts';
import { forgetMended } from '../../runtime/sink/sink-prepare.ts';
import type { WorkerBase } from '../base.ts';
import type { ConnectorOffset } from '../herder.ts';
import type { StoredConnector } from '../state/config-store.ts';
import {
  type ConfiguredTopics,
  configuredTopics,
  sinkTables,
  topicsOfTables,
} from '../state/topics-of-config.ts';
import { moveSink } from './move-sink.ts';
import { allToStart, type Move, readMoves, sinkOffsets } from './sink-offsets.ts';
import { alteredEntries, resetEntries } from './source-alteration.ts';
import { sourceOffsets, storeSourceOffsets } from './source-offsets.ts';

const ALTERED = 'The offsets for this connector have been altered successfully';
const RESET = 'The offsets for this connector have been reset successfully';

/** A connector of any worker of the group: its class need not be known here. */
export interface OffsetsOf {
  readonly connector: StoredConnector;
  readonly type: ConnectorType;
  readonly base: WorkerBase;
  readonly placeholders: PlaceholderSources;
  readonly offsetsTopic: InternalTopic;
  /** `group.id` of the workers. */
  readonly group: string;
}

/** How far a connector has come: a source in its partitions, a sink in its topics. */
export async function offsetsOf(of: OffsetsOf): Promise<readonly ConnectorOffset[]> {
  const { base, connector } = of;
  if (of.type === 'sink') {
    const configured = configuredTopics(connector.config, of.placeholders);
    const tables = await sinkTables(base.kafka, configured);
    return sinkOffsets(base.kafka, connector.name, topicsOfTables(configured, tables));
  }
  await base.offsets.readPastOpen();
  return [...sourceOffsets(base, connector.name).values()];
}

/** @returns the message for the client. */
export async function alterOffsets(of: OffsetsOf, offsets: readonly ConnectorOffset[]): Promise<string> {
  const { base, connector } = of;
  if (of.type === 'sink') {
    const moves = readMoves(offsets);
    const configured = configuredTopics(connector.config, of.placeholders);
    await move(of, configured, moves);
    return ALTERED;
  }
  await base.offsets.readPastOpen();
  const entries = () => alteredEntries(base, connector.name, offsets);
  // Once more when its tasks are fenced: until then they may store positions.
  entries();
  await store(of, entries);
  return ALTERED;
}

/** @returns the message for the client. */
export async function resetOffsets(of: OffsetsOf): Promise<string> {
  if (of.type === 'sink') {
    const known = await offsetsOf(of);
    const configured = configuredTopics(of.connector.config, of.placeholders);
    await move(of, configured, allToStart(known));
    return RESET;
  }
  await store(of, () => resetEntries(of.base, of.connector.name));
  return RESET;
}

async function move(
  { base, connector, group }: OffsetsOf,
  configured: ConfiguredTopics,
  moves: readonly Move[],
): Promise<void> {
  const { names } = configured;
  const tables = await sinkTables(base.kafka, configured);
  await using held = await base.catalogs.hold(names.catalog);
  const catalog = held?.catalog ?? null;
  const { name } = connector;
  await moveSink({ kafka: base.kafka, connector: name, tables, names, catalog }, moves, async (rewound) => {
    if (catalog === null) return;
    const world = { kafka: base.kafka, group, topics: names, catalog, clock: systemClock };
    for (const table of rewound) await forgetMended(world, name, table);
  });
}

function store(
  { base, connector, offsetsTopic, group }: OffsetsOf,
  entriesNow: () => readonly KeyedEntry[],
): Promise<void> {
  return storeSourceOffsets(base, offsetsTopic, group, connector.name, entriesNow);
}
