import type { Position } from '../../connector.ts';
import type { KeyedEntry } from '../../runtime/catalog.ts';
import { alteredValue, type PartitionName } from '../../runtime/offset-store.ts';
import { isEpochName } from '../../runtime/source/epoch-name.ts';
import { parentsIn } from '../../runtime/source/lineage.ts';
import { deletedEntries } from '../../runtime/source/published-before.ts';
import type { WorkerBase } from '../base.ts';
import { type ConnectorOffset, RequestError } from '../herder.ts';
import { sourceOffsets } from './source-offsets.ts';

type Offset = ConnectorOffset['offset'];

/** A stored position, and what it is to be. */
interface Alteration {
  readonly key: string;
  readonly stored: ConnectorOffset;
  readonly offset: Offset;
}

/**
 * What is to be stored when positions of a source connector are altered, or deleted (null).
 *
 * What was published from them stays counted (rule C9), and of one that is deleted a snapshot is begun anew.
 *
 * @throws RequestError 400 for what may not be.
 */
export function alteredEntries(
  base: WorkerBase,
  connector: string,
  offsets: readonly ConnectorOffset[],
): readonly KeyedEntry[] {
  const known = sourceOffsets(base, connector);
  const alterations = alterationsOf(known, connector, offsets);
  for (const alteration of alterations) refuseUnlike(connector, alteration);
  refuseOvertaken(connector, known, alterations);
  return entriesOf(base, connector, alterations);
}

/** What is to be stored when all positions of a source connector are deleted. */
export function resetEntries(base: WorkerBase, connector: string): readonly KeyedEntry[] {
  const known = [...sourceOffsets(base, connector)];
  return entriesOf(
    base,
    connector,
    known.map(([key, stored]) => ({ key, stored, offset: null })),
  );
}

function entriesOf(
  base: WorkerBase,
  connector: string,
  alterations: readonly Alteration[],
): readonly KeyedEntry[] {
  const deleted = alterations.filter(({ offset }) => offset === null);
  const names = deleted.map(({ stored }) => stored.partition as unknown as PartitionName);
  const entries = alterations.map(({ key, stored, offset }) => ({
    key,
    value: offset === null ? null : JSON.stringify(alteredValue(stored.offset ?? {}, offset)),
  }));
  return [...entries, ...deletedEntries(base.offsetsOf(connector), names)];
}

/** By stored key: clients sort fields as they like. Of two for one partition the last counts (Kafka Connect: ConnectorOffsets.toMap). */
function alterationsOf(
  known: ReadonlyMap<string, ConnectorOffset>,
  connector: string,
  offsets: readonly ConnectorOffset[],
): readonly Alteration[] {
  const byFields = new Map([...known].map(([key, stored]) => [fieldsOf(stored), { key, stored }]));
  const found = new Map<string, Alteration>();
  for (const sent of offsets) {
    const one = byFields.get(fieldsOf(sent));
    if (one === undefined) {
      // Counts and proofs travel with a position: one of a partition that was never read would claim what nobody knows.
      throw new RequestError(
        400,
        `Connector ${connector} has no offset for partition ${JSON.stringify(sent.partition)}: only those that GET shows can be altered`,
      );
    }
    found.set(one.key, { ...one, offset: sent.offset });
  }
  return [...found.values()];
}

const fieldsOf = ({ partition }: ConnectorOffset): string => sorted(partition);

const sorted = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));

function refuseUnlike(connector: string, { stored, offset }: Alteration): void {
  if (offset === null || (stored.offset !== null && isLike(offset, stored.offset))) return;
  const which = `The offset for partition ${JSON.stringify(stored.partition)} of connector ${connector}`;
  // Without its version a position would begin anew with lower ones than are published (rule C2).
  throw new RequestError(
    400,
    stored.offset === null
      ? `${which} cannot be read: it can only be reset, with null`
      : `${which} must have the keys that GET shows, with values of their types: ${Object.keys(stored.offset).join(', ')}`,
  );
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

/**
 * Rule C5: what is read again from a partition would land behind the newer changes of those that go on where it ended. They may
 * stay where they are only when it does; deleted with it, they wait for it.
 */
function refuseOvertaken(
  connector: string,
  known: ReadonlyMap<string, ConnectorOffset>,
  alterations: readonly Alteration[],
): void {
  const deleted = new Set(alterations.flatMap(({ key, offset }) => (offset === null ? [key] : [])));
  const children = new Map<string, ConnectorOffset>();
  for (const [key, child] of known) {
    const { partition, offset } = child;
    if (deleted.has(key) || offset === null || !isEpochName(partition['of'])) continue;
    for (const parent of parentsIn(offset as Position)) {
      children.set(fieldsOf({ partition: { ...partition, partition: parent }, offset: null }), child);
    }
  }
  for (const { stored, offset } of alterations) {
    const child = children.get(fieldsOf(stored));
    if (child === undefined || isSame(stored.offset, offset)) continue;
    const [parent, ahead] = [stored, child].map(({ partition }) => JSON.stringify(partition));
    throw new RequestError(
      400,
      `The offset for partition ${parent} of connector ${connector} cannot be changed alone: ${ahead} goes on where it ends, and ` +
        'newer changes would be overwritten by older ones. Reset all offsets with DELETE, or those of all partitions behind it as well',
    );
  }
}

const isSame = (a: Offset, b: Offset): boolean => a !== null && b !== null && sorted(a) === sorted(b);
