import { createHash } from 'node:crypto';
import type { SinkRecord, SinkTable, TableFacts, TableSettings } from '../../catalog-records.ts';
import type { SinkTask as PluginTask, TaskContext } from '../../connector.ts';
import { ConnectError } from '../../errors.ts';
import { TransactionalProducer } from '../../kafka/producer.ts';
import { catalogEntry, catalogKeys, type KeyedEntry } from '../catalog.ts';
import { until } from '../wake.ts';
import { beginsAnew, isWritten, standingTable, writtenBy } from './sink-target.ts';
import type { SinkDefinition, SinkWorld } from './sink-world.ts';

/** How often a lane looks whether its table stands there. */
const LOOK_INTERVAL_MS = 1000;

/** What writing a sink's catalog record needs of its world. */
export type CatalogWriter = Pick<SinkWorld, 'kafka' | 'group' | 'topics' | 'catalog' | 'clock'>;

/**
 * May this sink go on where it has written? (rule C6)
 *
 * @param epoch number of the table's epoch, as the catalog has it
 * @param record what the sink has written; null: nothing
 */
export function checkWritten(
  definition: SinkDefinition,
  sinkTable: SinkTable,
  epoch: number,
  record: SinkRecord | null,
): void {
  if (record === null) return;
  checkFingerprint(definition, sinkTable, record);
  if (rowsMove(definition, sinkTable)) checkEpoch(definition.name, sinkTable.facts.table, epoch, record);
}

/** Does the place of a row follow from more than its item's key? Then an item that changes may leave one elsewhere. */
export function rowsMove({ plugin, options }: SinkDefinition, table: SinkTable): boolean {
  return plugin.shape?.(options, table).moves ?? false;
}

/**
 * Rule C6: an item that changed while nobody captured it may have left a row at a place that no record tells. So rows that
 * move are written in one epoch only.
 */
export function checkEpoch(sink: string, table: string, epoch: number, record: SinkRecord): void {
  if (epoch > record.epoch) throw rowsAnywhere(sink, table, record);
}

/** Rows that move may stand where no record leads. */
export function rowsAnywhere(sink: string, table: string, { targetTable }: SinkRecord): ConnectError {
  return new ConnectError(
    'SINK_EPOCH',
    `${sink} has written table ${targetTable} before a new snapshot of ${table} was begun: re-keyed rows may stand where no record leads`,
    { detail: { table, targetTable } },
  );
}

/** Is what this sink wrote until now, and where, still what it would write? */
function checkFingerprint(definition: SinkDefinition, sinkTable: SinkTable, record: SinkRecord): void {
  const { plugin, options, name } = definition;
  const { table } = sinkTable.facts;
  const targetTable = plugin.targetTable(options, table);
  const detail = { detail: { table, targetTable: record.targetTable } };
  if (record.targetTable !== targetTable) {
    throw new ConnectError(
      'SINK_FINGERPRINT',
      `${name} has written table ${table} to ${record.targetTable}; ${targetTable} would get only what comes now`,
      detail,
    );
  }
  if (record.fingerprint === fingerprint(definition, sinkTable)) return;
  throw new ConnectError(
    'SINK_FINGERPRINT',
    `Table ${record.targetTable} was written with another mapping or other transforms than ${name} has now`,
    detail,
  );
}

/** What decides how records are written: the plugin's word, and a digest of the transforms before it (rule C6). */
export function fingerprint({ plugin, options, transforms }: SinkDefinition, table: SinkTable): string {
  const own = plugin.fingerprint(options, table);
  const changing = transforms.map((transform) => transform.fingerprint).filter((text) => text !== '');
  if (changing.length === 0) return own;
  // A digest: options may hold what nobody should read in the catalog.
  const text = JSON.stringify(changing);
  return `${own} transforms:${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * Makes sure that a table's target is there: whoever owns partition 0 prepares it and says so in the catalog,
 * everybody else waits for that record, and for the very table that it tells of.
 *
 * @param first this lane begins with the rows: a sink that lost its positions undoes what was mended (rule C1).
 * @param task tells which table stands there; without it nobody is asked.
 */
export async function preparedTable(
  definition: SinkDefinition,
  world: SinkWorld,
  table: string,
  leads: boolean,
  context: TaskContext,
  first = false,
  task: PluginTask | null = null,
): Promise<SinkTable> {
  const { catalog } = world;
  const { facts, epoch } = await until(() => catalog.table(table), catalog, context.signal);
  const sinkTable = { facts };
  checkKeys(definition, facts);
  if (leads) await prepareTarget(definition, world, sinkTable, epoch.number, context, first, task);
  for (;;) {
    const written = await until(() => catalog.sink(definition.name, table), catalog, context.signal);
    checkWritten(definition, sinkTable, epoch.number, written);
    if (leads || task === null || isWritten(written, await standingTable(task, sinkTable))) return sinkTable;
    // Whoever owns partition 0 makes it, or says what is wrong with it.
    await context.clock.sleep(LOOK_INTERVAL_MS, context.signal);
  }
}

/**
 * Creates the target table where it is missing, and then says so in the catalog. In this order: a record whose table is missing
 * always means that what was written is gone, and whoever is killed between the two finds an empty table without a record.
 */
async function prepareTarget(
  definition: SinkDefinition,
  world: SinkWorld,
  sinkTable: SinkTable,
  epoch: number,
  context: TaskContext,
  first: boolean,
  task: PluginTask | null,
): Promise<void> {
  const { plugin, options, name } = definition;
  const { table } = sinkTable.facts;
  const positions = { kafka: world.kafka, names: world.topics, sink: definition };
  const written = await writtenBy(positions, world.catalog, table);
  checkWritten(definition, sinkTable, epoch, written);
  const standing = task && written && (await standingTable(task, sinkTable));
  const isAnew = task !== null && written !== null && (await beginsAnew(positions, table, written, standing));
  const known = isAnew ? null : written;
  const changed = await plugin.prepare(options, sinkTable, known === null, context);
  const targetId = known === null ? task && (await standingTable(task, sinkTable)) : standing;
  const before: SinkRecord = known ?? {
    fingerprint: fingerprint(definition, sinkTable),
    targetTable: plugin.targetTable(options, table),
    preparedMs: context.clock.now(),
    epoch,
    restore: {},
    mendedSnapshot: null,
  };
  const record: SinkRecord = {
    ...before,
    restore: toRestore(before.restore, changed),
    mendedSnapshot: first ? null : before.mendedSnapshot,
    ...(targetId ? { targetId } : {}),
  };
  if (known === null || !isSame(known, record)) await recordSink(world, name, table, record);
}

/** The rest of a record stays what it is. */
function isSame(one: SinkRecord, other: SinkRecord): boolean {
  return (
    one.restore === other.restore &&
    one.mendedSnapshot === other.mendedSnapshot &&
    one.targetId === other.targetId
  );
}

/** An item that loses its key, or gets another one, is another item: which keys there are, only the catalog says. */
function checkKeys({ transforms }: SinkDefinition, { table, keySchema }: TableFacts): void {
  for (const transform of transforms) {
    for (const { name } of keySchema) {
      const touch = transform.touches?.(table, name);
      if (!touch) continue;
      const what = `${touch.option} ${touch.does} ${JSON.stringify(name)}`;
      throw new ConnectError(
        'TRANSFORM_KEY',
        `${transform.name}: ${what}, a key attribute of table ${table}`,
        {
          detail: { table, transform: transform.name },
        },
      );
    }
  }
}

/** What a setting was before it was changed first is what it is put back to (rule C10). */
function toRestore(known: TableSettings, changed: TableSettings): TableSettings {
  return Object.keys(changed).every((name) => Object.hasOwn(known, name)) ? known : { ...changed, ...known };
}

/** Rule C1: the sink begins with the rows again, so what was mended against the source is undone. */
export async function forgetMended(world: CatalogWriter, connector: string, table: string): Promise<void> {
  const known = world.catalog.sink(connector, table);
  // Older records do not tell of it.
  if (known?.mendedSnapshot == null) return;
  await recordSink(world, connector, table, { ...known, mendedSnapshot: null });
}

/** Forgets that the sink ever wrote to its target: after the table was dropped. */
export function forgetSink(world: CatalogWriter, connector: string, table: string): Promise<void> {
  return recordSink(world, connector, table, null);
}

/** Writes what the catalog says of a sink and a table; null deletes it. */
export async function recordSink(
  world: CatalogWriter,
  connector: string,
  table: string,
  record: SinkRecord | null,
): Promise<void> {
  // An id per table: many tables are prepared at once, and one id for all would have them fence each other.
  const transactionalId = `${world.group}-${connector}-prepare-${table}`;
  await writeCatalog(world, transactionalId, catalogEntry(catalogKeys.sink(connector, table), record));
}

/** Writes one record of the catalog; who opens the same id later fences this write. */
export async function writeCatalog(
  world: CatalogWriter,
  transactionalId: string,
  { key, value }: KeyedEntry,
): Promise<void> {
  await using producer = new TransactionalProducer(world.kafka, transactionalId, { codec: 'none' });
  await producer.init();
  await producer.begin();
  await producer.send(world.topics.catalog, 0, [
    {
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestampMs: world.clock.now(),
    },
  ]);
  await producer.commit();
  await world.catalog.readToEnd();
}
