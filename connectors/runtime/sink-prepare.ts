import { createHash } from 'node:crypto';
import type { SinkRecord, SinkTable } from '../catalog-records.ts';
import type { TaskContext } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import { TransactionalProducer } from '../kafka/producer.ts';
import { catalogEntry, catalogKeys } from './catalog.ts';
import type { SinkDefinition, SinkWorld } from './sink-world.ts';
import { until } from './wake.ts';

/** What writing a sink's catalog record needs of its world. */
type CatalogWriter = Pick<SinkWorld, 'kafka' | 'group' | 'topics' | 'catalog' | 'clock'>;

/** Is what this sink wrote until now, and where, still what it would write? (rule C6) */
export function checkFingerprint(definition: SinkDefinition, table: string, record: SinkRecord | null): void {
  if (record === null) return;
  const { plugin, options, name } = definition;
  const targetTable = plugin.targetTable(options, table);
  const detail = { detail: { table, targetTable: record.targetTable } };
  if (record.targetTable !== targetTable) {
    throw new ConnectError(
      'SINK_FINGERPRINT',
      `${name} has written table ${table} to ${record.targetTable}; ${targetTable} would get only what comes now`,
      detail,
    );
  }
  if (record.fingerprint === fingerprint(definition)) return;
  throw new ConnectError(
    'SINK_FINGERPRINT',
    `Table ${record.targetTable} was written with another mapping or other transforms than ${name} has now`,
    detail,
  );
}

/** What decides how records are written: the plugin's word, and a digest of the transforms before it (rule C6). */
export function fingerprint({ plugin, options, transforms }: SinkDefinition): string {
  const own = plugin.fingerprint(options);
  if (transforms.length === 0) return own;
  // A digest: options may hold what nobody should read in the catalog.
  const text = JSON.stringify(transforms.map((transform) => transform.fingerprint));
  return `${own} transforms:${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * Makes sure that a table's target is there: whoever owns partition 0 prepares it and says so in the catalog,
 * everybody else waits for that record.
 */
export async function preparedTable(
  definition: SinkDefinition,
  world: SinkWorld,
  table: string,
  leads: boolean,
  context: TaskContext,
): Promise<SinkTable> {
  const { catalog } = world;
  const { facts } = await until(() => catalog.table(table), catalog, context.signal);
  const sinkTable = { facts };
  const { plugin, options, name } = definition;
  if (leads) {
    const known = catalog.sink(name, table);
    checkFingerprint(definition, table, known);
    await plugin.prepare(options, sinkTable, known === null, context);
    if (known === null) {
      await recordSink(world, name, table, {
        fingerprint: fingerprint(definition),
        targetTable: plugin.targetTable(options, table),
        preparedMs: context.clock.now(),
        mendedSnapshot: null,
      });
    }
  }
  checkFingerprint(definition, table, await until(() => catalog.sink(name, table), catalog, context.signal));
  return sinkTable;
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
  await using producer = new TransactionalProducer(world.kafka, transactionalId);
  const { key, value } = catalogEntry(catalogKeys.sink(connector, table), record);
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
