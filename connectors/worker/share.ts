import { slotOf, slotOfConnector } from '../runtime/ownership.ts';
import type { StoredConnector } from './config-store.ts';
import type { WantedTask } from './task-set.ts';

/** What a worker has to run. */
export interface Share {
  readonly connectors: readonly StoredConnector[];
  readonly tasks: readonly WantedTask[];
}

/** How the slots of a worker group lie. */
export interface SlotsView {
  /** Of the slots topic. */
  readonly partitions: number;
  /** The slots of this worker that a connector's tasks stand in; null: it is not for workers like this one. */
  owned(connector: StoredConnector): ReadonlySet<number> | null;
  /** Number of the epoch that a table should be in. */
  epoch(table: string): number;
}

/** What follows from the configurations of a group and from the slots that a worker has: all that it runs. */
export function shareOf(all: readonly StoredConnector[], slots: SlotsView): Share {
  const mine = all.flatMap((connector) => {
    const owned = slots.owned(connector);
    return owned ? [{ connector, owned }] : [];
  });
  return {
    connectors: mine
      .filter(({ connector, owned }) => owned.has(slotOfConnector(connector.name, slots.partitions)))
      .map(({ connector }) => connector),
    tasks: mine.flatMap(({ connector, owned }) => tasksOf(connector, owned, slots)),
  };
}

/** Slots that hold a task of some connectors: those are spread evenly among themselves. */
export function busySlots(connectors: readonly StoredConnector[], partitions: number): Set<number> {
  const busy = new Set<number>();
  for (const { name, tasks, target } of connectors) {
    if (target === 'STOPPED') continue;
    for (const task of tasks.keys()) busy.add(slotOf(name, task, partitions));
  }
  return busy;
}

function tasksOf(
  { name, tasks, target }: StoredConnector,
  owned: ReadonlySet<number>,
  { partitions, epoch }: SlotsView,
): WantedTask[] {
  if (target === 'STOPPED') return [];
  return tasks.flatMap((config, task) => {
    // Without a configuration it is not ready: `migrate` has told of its number only.
    if (!owned.has(slotOf(name, task, partitions)) || config['connector.class'] === undefined) return [];
    const epochs = (config['tables'] ?? '').split(',').map(epoch).join();
    return [{ connector: name, task, tasks: tasks.length, config, paused: target === 'PAUSED', epochs }];
  });
}
