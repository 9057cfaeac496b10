import { systemClock } from '../clock.ts';
import type { FlatConfig } from '../config/flat/flat-config.ts';
import type { SinkSettings, SourceSettings } from '../config/settings.ts';
import { tablesOfTopics } from '../config/tables-of-topics.ts';
import type { Problem, TaskContext } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import { describeTopics, ensureTopics, listTopics, type TopicSpec } from '../kafka/topics.ts';
import { refuse } from '../refuse.ts';
import type { Catalog } from '../runtime/catalog.ts';
import { changedSnapshots } from '../runtime/source/begun-snapshots.ts';
import { wantedEpoch } from '../runtime/source/generation.ts';
import { wasReset } from '../runtime/source/snapshot-again.ts';
import { isGlob } from '../table-globs.ts';
import { timeLimited } from '../time-limited.ts';
import { topicProblems } from '../topic-check.ts';
import { catalogSpec, dataSpecs } from '../topic-specs.ts';
import type { WorkerBase } from './base.ts';
import { type ConfigScope, settingsOf } from './config-scope.ts';
import { topicsOf } from './worlds.ts';

/** How often topics that are not there yet are looked for. */
const LOOK_INTERVAL_MS = 2000;

/** More share no work out any further, and a number with a digit too many must not end the workers. */
const TASKS_MAX = 1000;

const warned = new WeakSet<FlatConfig>();

/**
 * Starts a connector: finds its tables, checks them, makes their topics.
 *
 * @returns the configurations of its tasks, with literal names in the place of globs and regular expressions, and
 * placeholders as they are. Throws what is wrong, with everything left as it was.
 */
export async function startConnector(
  config: FlatConfig,
  base: WorkerBase,
  scope: ConfigScope,
  context: TaskContext,
): Promise<FlatConfig[]> {
  // Once for a configuration, however often it is started.
  const isNew = !warned.has(config);
  warned.add(config);
  const settings = settingsOf(config, scope, (warning) => isNew && context.log.warn(warning));
  if (isNew && settings.tasks > TASKS_MAX) {
    const made = { 'tasks.max': settings.tasks, made: TASKS_MAX };
    context.log.warn(
      made,
      `tasks.max ${settings.tasks} makes ${TASKS_MAX} tasks: more share no work out any further`,
    );
  }
  const found =
    settings.type === 'source'
      ? { tables: (await startSource(settings, base, context)).join(',') }
      : { topics: (await sinkTopics(settings, base, context)).join(',') };
  const { 'topics.regex': _, ...rest } = config;
  return Array.from({ length: Math.min(settings.tasks, TASKS_MAX) }, (_, task) => ({
    ...rest,
    ...found,
    'task.class': `${settings.plugin.name}Task`,
    'task.id': String(task),
  }));
}

async function startSource(
  settings: SourceSettings,
  base: WorkerBase,
  context: TaskContext,
): Promise<readonly string[]> {
  const { plugin, options } = settings;
  const tables = (await plugin.tables?.(options, settings.tables, context)) ?? literal(settings);
  await using held = await base.catalogs.hold(topicsOf(settings).catalog);
  const catalog = held?.catalog ?? null;
  // Others may hold it too, and be a step behind.
  await catalog?.readToEnd();
  // A snapshot that stands in the topics is not asked for again.
  const asked = plugin.kind === 'changes' ? tables : tables.filter((table) => !isTaken(catalog, table));
  refuse([
    ...begunProblems(settings, tables, catalog, base),
    ...(await plugin.check(options, asked, context)),
  ]);
  const specs = dataTopics(settings, tables);
  const names = specs.map(({ topic }) => topic);
  refuse(topicProblems(specs, await describeTopics(base.kafka, names)));
  await ensureTopics(base.kafka, specs);
  return tables;
}

/**
 * An epoch that is due, and positions that were deleted, make a source take a snapshot anew: which one was begun before is of
 * no interest then.
 */
function begunProblems(
  { name, plugin, options }: SourceSettings,
  tables: readonly string[],
  catalog: Catalog | null,
  base: WorkerBase,
): Problem[] {
  if (plugin.kind !== 'snapshot' || catalog === null) return [];
  const offsets = base.offsetsOf(name);
  const going = tables.filter(
    (table) =>
      (catalog.table(table)?.epoch.number ?? 1) >= wantedEpoch(base.configs, table) &&
      !wasReset(offsets, table, catalog.currentChain(table)),
  );
  return changedSnapshots({ kind: plugin.kind, plugin, options }, going, catalog);
}

const isTaken = (catalog: Catalog | null, table: string): boolean =>
  catalog !== null && catalog.currentSnapshot(table) !== null;

function literal({ tables, plugin }: SourceSettings): readonly string[] {
  const glob = tables.find(isGlob);
  if (glob === undefined) return tables;
  throw new ConnectError('WORKER_CONFIG', `tables: ${plugin.name} knows no globs, and ${glob} is one`);
}

function dataTopics(settings: SourceSettings, tables: readonly string[]): TopicSpec[] {
  const names = topicsOf(settings);
  const { partitions, replicationFactor } = settings;
  return [catalogSpec(names, replicationFactor), ...dataSpecs(names, tables, partitions, replicationFactor)];
}

/** Literal topics as they are; those that match a regular expression, once there are any. */
async function sinkTopics(
  settings: SinkSettings,
  base: WorkerBase,
  context: TaskContext,
): Promise<readonly string[]> {
  const { topics } = settings;
  if (!(topics instanceof RegExp)) return topics;
  for (;;) {
    const all = await listTopics(base.kafka);
    const matching = timeLimited('topics.regex', () => all.filter((topic) => topics.test(topic)));
    // A topic of another prefix, or none of a table, is no topic of this connector.
    const { tables } = tablesOfTopics(settings, matching);
    const names = topicsOf(settings);
    if (tables.length > 0) return tables.flatMap((table) => [names.snapshot(table), names.changes(table)]);
    await systemClock.sleep(LOOK_INTERVAL_MS, context.signal);
  }
}
