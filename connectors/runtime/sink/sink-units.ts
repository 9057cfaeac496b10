import type { Unit } from '../../kafka/assignor.ts';
import type { TopicNames } from '../../topic-names.ts';

/**
 * What a sink's group distributes: per table and partition number its snapshot and its changes together (rule C7).
 * A topic that does not exist yet has no partitions; its tables get units once it is there.
 */
export function sinkUnits(
  topics: ReadonlyMap<string, number>,
  tables: readonly string[],
  names: TopicNames,
): Unit[] {
  const units: Unit[] = [];
  for (const table of tables) {
    const [snapshot, changes] = [names.snapshot(table), names.changes(table)];
    const partitions = Math.min(topics.get(snapshot) ?? 0, topics.get(changes) ?? 0);
    for (let partition = 0; partition < partitions; partition++) {
      units.push({
        id: `${table}/${partition}`,
        partitions: [
          { topic: snapshot, partition },
          { topic: changes, partition },
        ],
      });
    }
  }
  return units;
}

export function unitTable(unit: Unit): string {
  return unit.id.slice(0, unit.id.lastIndexOf('/'));
}
