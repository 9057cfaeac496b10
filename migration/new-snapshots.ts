import type { Problem } from '../connectors/connector.ts';
import { ConnectError } from '../connectors/errors.ts';
import type { KafkaClient } from '../connectors/kafka/client.ts';
import { describeGroup } from '../connectors/kafka/committed.ts';
import { wantedEpoch } from '../connectors/runtime/source/generation.ts';
import { parseLocation, urlOf } from '../source/export/locate.ts';
import type { Migration } from './config/defaults.ts';
import { membersAt } from './group-members.ts';
import type { TopicsView } from './topics-view.ts';

/** Epochs to ask for, by table. A table that the catalog does not know yet gets its first one anyway. */
export function newEpochs(view: TopicsView, tables: readonly string[]): Map<string, number> {
  return new Map(
    tables.flatMap((table) => {
      const epoch = view.catalog.table(table)?.epoch.number;
      return epoch === undefined ? [] : [[table, epoch + 1] as const];
    }),
  );
}

/** A new snapshot of the table was asked for, and its epoch has not begun: a killed `migrate --new-snapshot`. */
export function isEpochDue(view: TopicsView, table: string): boolean {
  const epoch = view.catalog.table(table)?.epoch.number;
  return epoch !== undefined && epoch < wantedEpoch(view.configs, table);
}

/**
 * Throws SOURCE_RUNNING, with who runs the sources: tasks that know nothing of a new epoch would go on with the old one.
 */
export async function assertNoWorkers(kafka: KafkaClient, migration: Migration): Promise<void> {
  const { members } = await describeGroup(kafka, migration.name);
  if (members.length === 0) return;
  throw new ConnectError(
    'SOURCE_RUNNING',
    `A new snapshot cannot begin while the sources of ${migration.name} are being run${membersAt(members)}`,
    { detail: { group: migration.name } },
  );
}

/** An export that was published already says nothing new, least of all after a gap. */
export function usedExportProblems(
  migration: Migration,
  view: TopicsView | null,
  tables: readonly string[],
): Problem[] {
  const { from, manifests } = migration.source.snapshot;
  if (from !== 'manifest') return [];
  return tables.flatMap((table) => {
    const manifest = Object.hasOwn(manifests, table) ? manifests[table] : undefined;
    if (manifest === undefined) return [];
    const url = urlOf(parseLocation(manifest));
    const used = view?.catalog.snapshots(table).some(({ facts }) => facts.facts['summary'] === url);
    if (!used) return [];
    const message = `Table ${table}: a new snapshot needs a newer export than ${url}, which was published already`;
    return [{ table, error: new ConnectError('EXPORT_USED', message, { detail: { table } }) }];
  });
}
