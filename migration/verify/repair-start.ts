import type { TableFacts } from '../../connectors/catalog-records.ts';
import { systemClock } from '../../connectors/clock.ts';
import type { Mender, TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { beginOffsets } from '../../connectors/kafka/offsets.ts';
import { PlainProducer } from '../../connectors/kafka/plain-producer.ts';
import { catalogEntry, catalogKeys } from '../../connectors/runtime/catalog.ts';
import { checkWritten, writeCatalog } from '../../connectors/runtime/sink/sink-prepare.ts';
import { StatusWriter } from '../../connectors/runtime/status-log.ts';
import { internalTopics } from '../../connectors/topic-names.ts';
import { internalPartitions } from '../kafka-topics.ts';
import { LagTracker } from '../lag.ts';
import { loadedTables } from '../sink-progress.ts';
import { type Phase, readStatus } from '../status.ts';
import type { TopicsView } from '../topics-view.ts';
import { readToMs } from './read-to.ts';
import type { RepairLimits } from './repair.ts';
import { KafkaJournal } from './repair-journal.ts';
import { RepairVersions, type RepairVersionWorld } from './repair-version.ts';
import type { World } from './request.ts';
import type { RepairParts } from './verify-table.ts';

/**
 * Refuses a repair before anything is touched: of what this sink has not written, or not loaded yet, or writes otherwise
 * now; and by topics that have lost records, because what they lost would look deleted. A target that nobody may write to
 * for another reason (rule C10) is refused here as well.
 */
export async function checkRepairable(
  { migration, request, kafka, view, sink }: World,
  tables: readonly string[],
): Promise<void> {
  if (sink.plugin.openMender === undefined) {
    throw new ConnectError('TARGET_REFUSED', `A target of ${sink.plugin.name} cannot be repaired`);
  }
  const status = await readStatus(migration, view, tables, new LagTracker(systemClock.now));
  const loaded = await loadedTables(migration, view, tables);
  for (const { table, phase } of status.tables) {
    const known = view.catalog.sink(sink.name, table);
    const { facts, epoch } = view.catalog.table(table)!;
    checkWritten(sink, { facts }, epoch.number, known);
    assertRepairable({ table, phase, isLoaded: known !== null && loaded.has(table) }, request.against);
  }
  if (request.against === 'topics') await checkWhole(kafka, view, tables);
}

/**
 * Of a table with a data gap the source may be another table than the target's, and whatever it had would be deleted.
 *
 * A table that halted while it was loaded anew is not loaded, whatever its phase.
 */
export function assertRepairable(
  { table, phase, isLoaded }: { readonly table: string; readonly phase: Phase; readonly isLoaded: boolean },
  against: 'source' | 'topics',
): void {
  const detail = { table, phase };
  if (phase === 'gap' && against === 'source') {
    const said = `Table ${table} has a data gap: repaired against the source, it would not be what its topics say`;
    throw new ConnectError('SOURCE_DATA_GAP', said, { detail });
  }
  if (isLoaded) return;
  const said = `Table ${table} is not loaded yet, so there is nothing to repair`;
  throw new ConnectError('NOT_MIGRATED', said, { detail });
}

async function checkWhole(kafka: KafkaClient, { names }: TopicsView, tables: readonly string[]) {
  for (const topic of tables.flatMap((table) => [names.snapshot(table), names.changes(table)])) {
    const begins = await beginOffsets(kafka, topic);
    if (begins.every((begin) => begin === 0)) continue;
    throw new ConnectError('KAFKA_TOPIC_TRIMMED', `Topic ${topic} does not hold its first records any more`, {
      detail: { topic },
    });
  }
}

/** What mends a table, and remembers what is being mended. */
export async function openRepair(
  world: World,
  limits: RepairLimits,
  facts: TableFacts,
  keys: readonly Buffer[] | null,
  context: TaskContext,
): Promise<RepairParts & AsyncDisposable> {
  const { migration, request, view, sink, kafka } = world;
  const { table } = facts;
  const { log, clock } = context;
  const producer = new PlainProducer(kafka, { codec: 'none' });
  let mender: Mender | null = null;
  const close = async () => {
    await mender?.[Symbol.asyncDispose]();
    await producer.close();
  };
  try {
    const versions = new RepairVersions(versionWorld(world, table, context));
    const versionNow = () => versions.now();
    mender = await sink.plugin.openMender!(sink.options, { facts }, context, versionNow);
    const topic = internalTopics(migration.name).status;
    const status = new StatusWriter(producer, topic, internalPartitions.status, clock);
    const compared = request.sampleFraction < 1 ? [] : keys;
    const journal = new KafkaJournal(status, view.status, sink.name, table, compared);
    if (journal.wasInterrupted) {
      log.info({ table }, 'a repair was interrupted: waiting until nothing of it is under way');
    }
    if (journal.left > 0) {
      const message =
        'keys of an interrupted repair are not compared by this one; repair without --keys and --sample';
      log.warn({ table, keys: journal.left }, message);
    }
    const versioned = sink.plugin.supports.version ? { versionNow } : {};
    return { ...limits, mender, journal, ...versioned, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the versions of repairs follow from: how far the topics go, and what repairs before this one were given. */
function versionWorld(
  { migration, kafka, view, sink }: World,
  table: string,
  { clock }: TaskContext,
): RepairVersionWorld {
  const { catalog, names: topics } = view;
  const epoch = catalog.table(table)?.epoch.number;
  return {
    clock,
    async readTo() {
      await view.readToEnd();
      const now = catalog.table(table)?.epoch;
      // What was compared is of another epoch.
      if (now === undefined || now.number !== epoch) return null;
      return now.streamArn === null ? 'none' : readToMs(migration, view, table);
    },
    snapshotVersion: () => Math.max(0, ...catalog.snapshots(table).map(({ version }) => version)),
    reserved: () => catalog.repair(sink.name, table),
    reserve: (record) =>
      writeCatalog(
        { kafka, group: migration.name, topics, catalog, clock },
        `${migration.name}-${sink.name}-repair-${table}`,
        catalogEntry(catalogKeys.repair(sink.name, table), record),
      ),
  };
}
