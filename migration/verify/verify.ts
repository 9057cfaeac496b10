import { ConnectError } from '../../connectors/errors.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { isGlob } from '../../connectors/table-globs.ts';
import { awaitsMending, rememberMending } from '../chain-mended.ts';
import { notClaimed } from '../claims.ts';
import type { Migration } from '../config/defaults.ts';
import { targetName } from '../config/names.ts';
import { connectKafka } from '../kafka-client.ts';
import { tablesOfCatalog } from '../tables.ts';
import { openTopics } from '../topics-view.ts';
import { wireSink } from '../wiring.ts';
import { compareOne } from './compare-one.ts';
import { readKeys } from './keys-file.ts';
import { checkRepairable } from './repair-start.ts';
import { isEqual, isSettled, type TableReport, type VerifyReport } from './report.ts';
import type { VerifyRequest, World } from './request.ts';

/**
 * The work of `messina verify`: compares each table's target with its source, or with its topics, one table at a time,
 * and mends it where that is asked (rule C12).
 *
 * @throws NOT_MIGRATED where the catalog does not know a table, or one that is to be mended is not loaded; ConfigError for
 * a bad file of keys
 */
export async function verify(migration: Migration, request: VerifyRequest): Promise<VerifyReport> {
  await using kafka = await connectKafka(migration, request.log);
  await using view = await openTopics(migration, kafka);
  const names = tablesToVerify(migration, request.tables, view.catalog);
  const sink = await wireSink(migration, names);
  const tables: TableReport[] = [];
  const world = { migration, request, kafka, view, sink };
  const keys = await keysOf(request, view.catalog, names);
  // Nothing is touched before every table was checked.
  if (request.repair !== null) await checkRepairable(world, names);
  for (const name of names) {
    const snapshot = view.catalog.currentSnapshot(name)?.facts.id ?? null;
    const report = await compareOne(world, name, keys);
    tables.push(report);
    if (keys === null && mendsAll(request) && isSettled(report)) await remember(world, name, snapshot);
  }
  return {
    migration: migration.name,
    target: targetName(migration),
    against: request.against,
    equal: tables.every(isEqual),
    notClaimed: notClaimed(
      migration,
      names.flatMap((name) => view.catalog.table(name)?.epoch ?? []),
    ),
    tables,
  };
}

/** Has a repair with this request compared every key with the source, so that a table from windows is mended (rule C1)? */
const mendsAll = ({ repair, against, sampleFraction }: VerifyRequest): boolean =>
  repair !== null && against === 'source' && sampleFraction === 1;

/** @param snapshot id of the full snapshot that stood when the repair began: a later one is still to be mended */
async function remember({ migration, view, sink }: World, table: string, snapshot: string | null) {
  await view.readToEnd();
  if (snapshot === null || view.catalog.currentSnapshot(table)?.facts.id !== snapshot) return;
  if (awaitsMending(view.catalog, sink.name, table)) {
    await rememberMending(migration.name, view, sink.name, table);
  }
}

function tablesToVerify(migration: Migration, asked: readonly string[], catalog: Catalog): readonly string[] {
  const known = catalog.tables().map(({ facts }) => facts.table);
  // A table that the file names and nobody has begun to move is no table that is equal.
  const needed = asked.length > 0 ? asked : migration.source.tables.filter((entry) => !isGlob(entry));
  const missing = needed.find((table) => !known.includes(table));
  const names = asked.length > 0 ? [...new Set(asked)] : tablesOfCatalog(migration, known);
  if (missing !== undefined || names.length === 0) {
    const what = missing === undefined ? 'No table' : `Table ${missing}`;
    throw new ConnectError('NOT_MIGRATED', `${what} of migration ${migration.name} is in its catalog yet`);
  }
  return names;
}

/** The file names keys of one table; they are read before anything is done. */
async function keysOf(
  { keysFile }: VerifyRequest,
  catalog: Catalog,
  names: readonly string[],
): Promise<readonly Buffer[] | null> {
  if (keysFile === null) return null;
  return readKeys(keysFile, catalog.table(names[0]!)!.facts.keySchema);
}
