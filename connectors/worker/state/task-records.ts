import type { FlatConfig } from '../../config/flat/flat-config.ts';
import { type ConfigRecord, configKeys } from './config-records.ts';
import type { StoredConnector } from './config-store.ts';

/** Records that give a connector these tasks, visible together; none: it has them. */
export function taskRecords(
  { name, tasks: before }: Pick<StoredConnector, 'name' | 'tasks'>,
  tasks: readonly FlatConfig[],
): ConfigRecord[] {
  if (before.length === tasks.length && tasks.every((config, i) => sameConfig(config, before[i] ?? {}))) {
    return [];
  }
  const gone = before.slice(tasks.length);
  return [
    ...tasks.map((properties, task) => ({ key: configKeys.task(name, task), value: { properties } })),
    ...gone.map((_, i) => ({ key: configKeys.task(name, tasks.length + i), value: null })),
    { key: configKeys.commit(name), value: { tasks: tasks.length } },
  ];
}

/** Whatever the order of their keys. */
export function sameConfig(a: FlatConfig, b: FlatConfig): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
