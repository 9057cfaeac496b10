import type { ConnectorType, State } from '../../connectors/connector-state.ts';
import { slotOf } from '../../connectors/runtime/ownership.ts';
import { statusKeys } from '../../connectors/runtime/status-log.ts';
import type { StoredConnector } from '../../connectors/worker/state/config-store.ts';
import type { Broker } from './broker.ts';
import type { GroupLedger, Run } from './group-ledger.ts';
import { CLASSES, classOf, topics } from './group-site.ts';
import type { GroupWorker } from './group-worker.ts';

/** What is not, or not yet, as the configurations say; nothing when the group is calm. */
export function unsettled(workers: readonly GroupWorker[], ledger: GroupLedger, broker: Broker): string[] {
  const stores = workers.map(({ worker }) => worker?.store.all() ?? null);
  const [all] = stores;
  if (all == null) return ['nobody runs'];
  if (stores.some((other) => JSON.stringify(other) !== JSON.stringify(all))) return ['configs differ'];
  const live = new Set(workers.map(({ site }) => site.process));
  const runs = [...ledger.runs].filter(({ process }) => live.has(process));
  const status = newest(broker, topics.status);
  const has = new Set(workers.flatMap(({ classes }) => classes));
  const faults = all.flatMap((connector) =>
    connectorFaults(connector, runs, status, !has.has(classOf(connector.config))),
  );
  const known = new Set(all.flatMap(({ name, tasks }) => tasks.map((_, task) => `${name}-${task}`)));
  for (const { key, process } of runs) if (!known.has(key)) faults.push(`${key} runs at ${process.name}`);
  return [...faults, ...unfair(all, runs, workers, broker.partitions(topics.slots.topic))];
}

/** Status of connectors, or tasks, that are no more. */
export function orphans(workers: readonly GroupWorker[], broker: Broker): string[] {
  const store = workers[0]?.worker?.store;
  return [...newest(broker, topics.status).keys()].flatMap((key) => {
    const [, connector, ofTask, task] = /^status-(?:connector-(.+)|task-(.+)-(\d+))$/.exec(key) ?? [];
    const found = store?.get(connector ?? ofTask ?? '') ?? null;
    if (found === null) return [`${key} is of no connector`];
    return Number(task ?? -1) < found.tasks.length ? [] : [`${key} is of no task`];
  });
}

/** @param isLost nobody has its class */
function connectorFaults(
  { name, config, target, tasks }: StoredConnector,
  runs: readonly Run[],
  status: ReadonlyMap<string, string>,
  isLost: boolean,
): string[] {
  const faults: string[] = [];
  const said = (key: string, state: State, workerId: string | null) => {
    const { state: is, worker_id: by } = JSON.parse(status.get(key) ?? '{}') as Record<string, string>;
    if (is !== state || (workerId !== null && by !== workerId)) {
      faults.push(`${key} says ${is} of ${by}, it is ${state} at ${workerId}`);
    }
  };
  const mayRun = target === 'STARTED' && !isLost;
  const state = target === 'STARTED' ? (isLost ? 'FAILED' : 'RUNNING') : target;
  if (
    (target === 'STOPPED' || mayRun) &&
    tasks.length !== (target === 'STOPPED' ? 0 : Number(config['tasks.max']))
  ) {
    faults.push(`${name} is ${target} with ${tasks.length} tasks`);
  }
  // Its starter may have died with the change: whoever takes over begins the tasks anew.
  if (mayRun && tasks.some((task) => task['number'] !== config['number'])) {
    faults.push(`${name} has tasks of an earlier configuration`);
  }
  said(statusKeys.connector(name), state, null);
  for (const [task, taskConfig] of tasks.entries()) {
    const key = `${name}-${task}`;
    const here = runs.filter((run) => run.key === key);
    if (!mayRun) {
      if (here.length > 0) faults.push(`${key} is ${state} and runs`);
      else said(statusKeys.task(name, task), state, null);
      continue;
    }
    const [run] = here;
    if (run === undefined || here.length > 1) faults.push(`${key} runs at ${here.length} workers`);
    else if (run.config !== JSON.stringify(taskConfig) || run.tasks !== tasks.length) {
      faults.push(`${key} runs with another configuration`);
    } else said(statusKeys.task(name, task), 'RUNNING', run.process.name);
  }
  return faults;
}

/** Slots of a kind that hold a task differ by one at most from worker to worker. */
function unfair(
  all: readonly StoredConnector[],
  runs: readonly Run[],
  workers: readonly GroupWorker[],
  slots: number,
): string[] {
  return (['source', 'sink'] as const).flatMap((kind) => {
    if (!areAlike(workers, kind)) return [];
    const ofKind = new Set(
      all
        .filter(({ config, target }) => CLASSES[classOf(config)] === kind && target === 'STARTED')
        .map(({ name }) => name),
    );
    const able = workers.filter(({ classes }) => classes.some((name) => CLASSES[name] === kind));
    const counts = able.map(({ site }) => {
      const mine = runs.filter(({ key, process }) => process === site.process && ofKind.has(nameOf(key)));
      return new Set(mine.map(({ key }) => slotOfKey(key, slots))).size;
    });
    const isFair =
      able.length === 0 || Math.max(...counts) - Math.min(...counts) <= 1 + pausedSlots(all, kind);
    return isFair ? [] : [`${kind} tasks lie unevenly: ${counts.join()}`];
  });
}

/** All can run the same; where they cannot, slots lie as evenly as that allows. */
function areAlike(workers: readonly GroupWorker[], kind: ConnectorType): boolean {
  const ofKind = workers.map(({ classes }) => classes.filter((name) => CLASSES[name] === kind).join());
  return new Set(ofKind.filter((names) => names !== '')).size <= 1;
}

/** Slots whose tasks are all paused are dealt out evenly too, but do not show. */
function pausedSlots(all: readonly StoredConnector[], kind: ConnectorType): number {
  return all
    .filter(({ config, target }) => CLASSES[classOf(config)] === kind && target === 'PAUSED')
    .reduce((sum, { tasks }) => sum + tasks.length, 0);
}

const nameOf = (key: string) => key.slice(0, key.lastIndexOf('-'));
const slotOfKey = (key: string, slots: number) =>
  slotOf(nameOf(key), Number(key.slice(key.lastIndexOf('-') + 1)), slots);

function newest(
  broker: Broker,
  { topic, partitions }: { readonly topic: string; readonly partitions: number },
): Map<string, string> {
  const values = new Map<string, string>();
  for (let partition = 0; partition < partitions; partition++) {
    for (const { key, value } of broker.read(topic, partition, 0, Number.POSITIVE_INFINITY).records) {
      if (value === null) values.delete(String(key));
      else values.set(String(key), String(value));
    }
  }
  return values;
}
