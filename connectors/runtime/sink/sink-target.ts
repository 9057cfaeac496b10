import type { SinkRecord, SinkTable } from '../../catalog-records.ts';
import type { SinkTask as PluginTask } from '../../connector.ts';
import { ConnectError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { fetchCommitted } from '../../kafka/committed.ts';
import { sinkGroup, type TopicNames } from '../../topic-names.ts';
import type { Catalog } from '../catalog.ts';
import { type LaneState, readLane } from './lane-state.ts';
import type { SinkDefinition } from './sink-world.ts';

const looks = new WeakMap<PluginTask, Map<string, Promise<string | null>>>();

/**
 * Which table stands in the target ({@link PluginTask.tableId}); `''`: nobody can tell. Lanes are taken over together, so a table
 * is looked at once for all that ask at the same time.
 */
export function standingTable(task: PluginTask, table: SinkTable): Promise<string | null> {
  const name = table.facts.table;
  let under = looks.get(task);
  if (under === undefined) looks.set(task, (under = new Map()));
  const running = under.get(name);
  if (running !== undefined) return running;
  const look = (task.tableId?.(table) ?? Promise.resolve('')).finally(() => under.delete(name));
  under.set(name, look);
  return look;
}

/** Is it the table that the sink has written, as far as both can tell? @param standing as {@link standingTable} says */
export function isWritten({ targetId }: SinkRecord, standing: string | null): boolean {
  return standing !== null && (standing === '' || targetId === undefined || standing === targetId);
}

/** A sink and where its positions are. */
export interface SinkPositions {
  readonly kafka: KafkaClient;
  readonly names: Pick<TopicNames, 'snapshot' | 'changes'>;
  readonly sink: Pick<SinkDefinition, 'name' | 'plugin' | 'snapshots'>;
}

/**
 * Does the sink begin anew, in another table than the one that it has written?
 *
 * Whoever goes on from positions in a table that does not hold what lies before them leaves that out for good, in silence. So
 * another table is taken only where every lane begins with the rows, as after `replay` or a reset of the offsets.
 *
 * @param standing as {@link standingTable} says
 * @throws ConnectError TARGET_TABLE_LOST
 */
export async function beginsAnew(
  positions: SinkPositions,
  table: string,
  known: SinkRecord,
  standing: string | null,
): Promise<boolean> {
  if (isWritten(known, standing)) return false;
  if (await beginsWithRows(positions, table)) return true;
  const sink = positions.sink.name;
  const { targetTable } = known;
  throw new ConnectError(
    'TARGET_TABLE_LOST',
    standing === null
      ? `Target table ${targetTable} does not exist, though ${sink} has written it: an empty one would get only what comes now`
      : `Target table ${targetTable} is not the one that ${sink} has written (its id is another): it would get only what comes now`,
    { detail: { table, targetTable } },
  );
}

/**
 * What the catalog says that the sink has written; null: nothing, and so it begins with the rows.
 *
 * Where its positions say otherwise, the record was deleted while it ran, and so was its table: what lies before them would be left
 * out for good. A record stands in the catalog before there are positions, so they are asked first, and the catalog after them.
 *
 * @throws ConnectError TARGET_TABLE_LOST
 */
export async function writtenBy(
  positions: SinkPositions,
  catalog: Pick<Catalog, 'sink' | 'readToEnd'>,
  table: string,
): Promise<SinkRecord | null> {
  const { name } = positions.sink;
  const known = catalog.sink(name, table);
  if (known !== null) return known;
  const lanes = await lanesOf(positions, table);
  const isUnwritten = lanes.every((lane) => isAtStart(positions.sink, lane) || wroteNothing(lane));
  // Our copy may be behind whoever owned partition 0 until now.
  await catalog.readToEnd();
  const written = catalog.sink(name, table);
  if (written !== null || isUnwritten) return written;
  throw new ConnectError(
    'TARGET_TABLE_LOST',
    `${name} has positions in the topics of ${table}, and nothing says which table it has written: another one would get only what comes now`,
    { detail: { table } },
  );
}

async function beginsWithRows(positions: SinkPositions, table: string): Promise<boolean> {
  const lanes = await lanesOf(positions, table);
  return lanes.every((lane) => isAtStart(positions.sink, lane));
}

/** The lanes that anybody ever owned. */
async function lanesOf({ kafka, names, sink }: SinkPositions, table: string): Promise<LaneState[]> {
  const [rows, changes] = [names.snapshot(table), names.changes(table)];
  const committed = await fetchCommitted(kafka, sinkGroup(sink.name), [rows, changes]);
  const partitions = new Set([rows, changes].flatMap((topic) => [...(committed.get(topic)?.keys() ?? [])]));
  const none = { offset: null, metadata: '' };
  return [...partitions].flatMap((partition) => {
    const at = (topic: string) => committed.get(topic)?.get(partition) ?? none;
    return readLane(at(rows), at(changes)) ?? [];
  });
}

/** Somebody sent it there: offsets can be altered before a sink has run. */
const wroteNothing = ({ snapshot, changes }: LaneState): boolean =>
  snapshot.outcomes.written + changes.outcomes.written === 0;

/** Nothing that lies before its positions is missing in an empty table. */
function isAtStart({ plugin, snapshots }: SinkPositions['sink'], { snapshot, changes }: LaneState): boolean {
  const changesAre = changes.position === 0 && changes.writeFrom === 0;
  if (!snapshots) return changesAre;
  // Rule C7: before a snapshot is loaded, a position in the changes counts as none, unless versions order them.
  const rowsAre = snapshot.snapshot === null && !snapshot.gateOpen;
  return rowsAre && (changesAre || !plugin.supports.version);
}
