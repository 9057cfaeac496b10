import { simpleName } from '../../plugins.ts';
import { slotOf, slotOfConnector } from '../../runtime/ownership.ts';
import type { OwnedSlots } from '../../runtime/slot-units.ts';
import type { StoredConnector } from '../state/config-store.ts';
import type { WantedTask } from '../task-set.ts';

/** What a worker has to run. */
export interface Share {
  readonly connectors: readonly StoredConnector[];
  readonly tasks: readonly WantedTask[];
}

/** How the slots of a worker group lie. */
export interface SlotsView {
  /** The slots among which a connector's tasks stand; null: it is not for workers like this one. */
  of(connector: StoredConnector): OwnedSlots | null;
  /** Number of the epoch that a table should be in. */
  epoch(table: string): number;
}

/** What follows from the configurations of a group and from the slots that a worker has: all that it runs. */
export function shareOf(all: readonly StoredConnector[], slots: SlotsView): Share {
  const mine = all.flatMap((connector) => {
    const own = slots.of(connector);
    return own ? [{ connector, own }] : [];
  });
  return {
    connectors: mine
      .filter(({ connector, own }) => own.owned.has(slotOfConnector(connector.name, own.count)))
      .map(({ connector }) => connector),
    tasks: mine.flatMap(({ connector, own }) => tasksOf(connector, own, slots)),
  };
}

/** What stands in a slot: classes of connectors, by {@link simpleName}; true: with a task that may run. */
export type SlotContents = ReadonlyMap<string, boolean>;

/** What stands in each slot that holds something. */
export function slotContents(
  connectors: readonly StoredConnector[],
  count: number,
): ReadonlyMap<number, SlotContents> {
  const contents = new Map<number, Map<string, boolean>>();
  const put = (slot: number, className: string, isBusy: boolean) => {
    const classes = contents.get(slot) ?? new Map<string, boolean>();
    contents.set(slot, classes.set(className, isBusy || classes.get(className) === true));
  };
  for (const { name, config, tasks, target } of connectors) {
    const className = simpleName(config['connector.class'] ?? '');
    put(slotOfConnector(name, count), className, false);
    if (target === 'STOPPED') continue;
    for (const task of tasks.keys()) put(slotOf(name, task, count), className, true);
  }
  return contents;
}

function tasksOf(
  { name, tasks, target }: StoredConnector,
  { owned, count }: OwnedSlots,
  { epoch }: Pick<SlotsView, 'epoch'>,
): WantedTask[] {
  if (target === 'STOPPED') return [];
  return tasks.flatMap((config, task) => {
    // Without a configuration it is not ready: `migrate` has told of its number only.
    if (!owned.has(slotOf(name, task, count)) || config['connector.class'] === undefined) return [];
    const epochs = (config['tables'] ?? '').split(',').map(epoch).join();
    return [{ connector: name, task, tasks: tasks.length, config, paused: target === 'PAUSED', epochs }];
  });
}
