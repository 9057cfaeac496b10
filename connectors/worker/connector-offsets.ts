import type { PlaceholderSources } from '../config/placeholders.ts';
import type { InternalTopic } from '../config/settings.ts';
import type { WorkerBase } from './base.ts';
import type { StoredConnector } from './config-store.ts';
import { type ConnectorOffset, type ConnectorType, RequestError } from './herder.ts';
import { allToStart, moveSink, readMoves, sinkOffsets } from './sink-offsets.ts';
import { sourceOffsets, storeSourceOffsets } from './source-offsets.ts';
import { configuredTopics, sinkTables, topicsOfTables } from './topics-of-config.ts';

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
  const { name } = connector;
  if (of.type === 'sink') {
    const moves = readMoves(offsets);
    const configured = configuredTopics(connector.config, of.placeholders);
    await moveSink(base.kafka, name, await sinkTables(base.kafka, configured), configured.names, moves);
    return ALTERED;
  }
  await base.offsets.readPastOpen();
  const known = sourceOffsets(base, name);
  const before = ({ partition }: ConnectorOffset) => known.get(JSON.stringify([name, partition]))?.offset;
  const foreign = offsets.find((one) => one.offset !== null && before(one) === undefined);
  if (foreign) {
    // Counts and proofs travel with a position: one of a partition that was never read would claim what nobody knows.
    throw new RequestError(
      400,
      `Connector ${name} has no offset for partition ${JSON.stringify(foreign.partition)}: only those that GET shows can be altered`,
    );
  }
  const unlike = offsets.find((one) => one.offset !== null && !isLike(one.offset, before(one) ?? {}));
  if (unlike) {
    // Without its version a position would begin anew with lower ones than are published (rule C2).
    const keys = Object.keys(before(unlike) ?? {}).join(', ');
    throw new RequestError(
      400,
      `The offset for partition ${JSON.stringify(unlike.partition)} of connector ${name} must have the keys that GET shows, with values of their types: ${keys}`,
    );
  }
  await store(of, offsets);
  return ALTERED;
}

/** @returns the message for the client. */
export async function resetOffsets(of: OffsetsOf): Promise<string> {
  const { base, connector } = of;
  const { name } = connector;
  const known = await offsetsOf(of);
  if (of.type === 'sink') {
    const configured = configuredTopics(connector.config, of.placeholders);
    const tables = await sinkTables(base.kafka, configured);
    await moveSink(base.kafka, name, tables, configured.names, allToStart(known));
    return RESET;
  }
  const none = known.map(({ partition }) => ({ partition, offset: null }));
  await store(of, none);
  return RESET;
}

/** The same keys, with values of the same types; null may become a value, and the other way round. */
function isLike(
  offset: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, unknown>>,
): boolean {
  const keys = Object.keys(known);
  const isType = (key: string) =>
    known[key] === null || offset[key] === null || typeof offset[key] === typeof known[key];
  return (
    keys.length === Object.keys(offset).length &&
    keys.every((key) => Object.hasOwn(offset, key) && isType(key))
  );
}

function store(
  { base, connector, offsetsTopic, group }: OffsetsOf,
  offsets: readonly ConnectorOffset[],
): Promise<void> {
  return storeSourceOffsets(base, offsetsTopic, group, connector.name, offsets);
}
