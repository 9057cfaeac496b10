import type { Entry } from '../../connectors/buckets/entry.ts';
import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext, Transform } from '../../connectors/connector.ts';
import { retried } from '../../dynamodb/retry.ts';
import type { ScanPage } from '../../dynamodb/scan.ts';
import { itemDigest } from '../../schemas/digest.ts';
import { Item } from '../../schemas/item.ts';
import { ItemScanner, type ScannedItem } from '../../schemas/scanner.ts';
import { merged } from '../../sink/alternator/merged.ts';
import { getItems } from '../../sink/alternator/read-back.ts';
import { type Access, clientsFor } from '../../source/access.ts';
import { sourceFault } from '../../source/faults.ts';
import { assertSameTable } from '../../source/same-table.ts';
import { readRate, TablePaces } from '../../source/scan/read-rate.ts';
import { type LiveTable, scanClient } from '../../source/scan/scan-client.ts';
import type { Side } from './sides.ts';
import { sightingOf } from './target-side.ts';
import { expectedItem, rowRecord } from './transformed.ts';

export interface SourceSideOptions {
  readonly access: Access;
  readonly table: TableFacts;
  readonly transforms: readonly Transform[];
  /** Segments of the scan, read side by side. */
  readonly segments: number;
  /** As in the migration file: up to 1 a share of the table's units, above 1 a number of units a second. */
  readonly readCapacity: number;
}

/** The source's table itself: a parallel, consistent Scan, and consistent reads of single keys. */
export function sourceSide(options: SourceSideOptions, context: TaskContext): Side {
  const { access, table, transforms } = options;
  const { tables } = clientsFor(access);
  const asExpected = (key: Buffer, item: Item) =>
    transforms.length === 0
      ? { item, certain: true }
      : expectedItem(rowRecord(table.table, key, item), transforms);
  const entryOf = ({ key, avro }: ScannedItem): Entry => {
    const expected =
      transforms.length === 0 ? avro : (asExpected(key, Item.fromAvro(avro)).item?.avro ?? null);
    return { key, digest: expected === null ? null : itemDigest(expected), version: 0, place: 0 };
  };
  return {
    logged: false,
    async *rows(isWanted) {
      try {
        for await (const { items } of merged(await segmentsOf(options, context))) {
          yield items.filter(({ key }) => isWanted(key)).map(entryOf);
        }
      } catch (error) {
        throw faultOf(error, 'Scanning', table.table, context.signal);
      }
    },
    async look(candidates) {
      try {
        const keys = candidates.map(({ key }) => key);
        const items = await getItems(tables, table.table, table.keySchema, keys, context);
        // After the read: what another table of this name holds, or lacks, would be put into the target (rule C5).
        await sameLive(access, table, context);
        return items.map((item, i) => {
          if (item === null) return sightingOf(null);
          const expected = asExpected(keys[i]!, item);
          return sightingOf(expected.item, expected.certain);
        });
      } catch (error) {
        throw faultOf(error, 'Reading keys of', table.table, context.signal);
      }
    },
  };
}

async function segmentsOf(
  { access, table: facts, segments, readCapacity }: SourceSideOptions,
  { clock, signal }: TaskContext,
): Promise<AsyncGenerator<ScanPage, void, undefined>[]> {
  const { table, keySchema } = facts;
  const client = scanClient(access);
  const { billing } = await sameLive(access, facts, { clock, signal });
  const pace = new TablePaces(clock).of(table, readRate(readCapacity, billing));
  return Array.from({ length: segments }, (_, segment) =>
    client.pages({
      table,
      segment,
      totalSegments: segments,
      consistent: true,
      scanner: new ItemScanner(keySchema),
      pace,
      signal,
      retry: { clock },
    }),
  );
}

/** The table as the source has it now. @throws SOURCE_DATA_GAP when it is not the table that the catalog knows. */
async function sameLive(
  access: Access,
  known: TableFacts,
  { clock, signal }: Pick<TaskContext, 'clock' | 'signal'>,
): Promise<LiveTable> {
  const client = scanClient(access);
  const live = await retried(() => client.describeTable(known.table, signal), { clock, signal });
  assertSameTable(known, live.id);
  return live;
}

function faultOf(error: unknown, action: string, table: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return sourceFault(error, `${action} table ${table}`, { table });
}
