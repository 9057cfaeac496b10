import { partitionOf } from '../kafka/murmur2.ts';

/** Which task of a connector reads a source partition: a pure function, so that every worker agrees. */
export function taskOf(table: string, partition: string, tasks: number): number {
  return partitionOf(Buffer.from(`${table}/${partition}`), tasks);
}

/** Which slot of the worker group a task stands in. */
export function slotOf(connector: string, task: number, slots: number): number {
  return partitionOf(Buffer.from(`${connector}-${task}`), slots);
}
