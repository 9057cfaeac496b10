import { partitionOf } from '../kafka/wire/murmur2.ts';

/** Which task of a connector reads a source partition: a pure function, so that every worker agrees. */
export function taskOf(table: string, partition: string, tasks: number): number {
  return partitionOf(Buffer.from(`${table}/${partition}`), tasks);
}

/** Which slot of the worker group a task stands in: tasks of a connector side by side, so that they are spread evenly. */
export function slotOf(connector: string, task: number, slots: number): number {
  return (partitionOf(Buffer.from(connector), slots) + task) % slots;
}

/** Which slot a connector itself stands in: whoever owns it starts the connector and says what its tasks are. */
export function slotOfConnector(connector: string, slots: number): number {
  return slotOf(connector, slots - 1, slots);
}
