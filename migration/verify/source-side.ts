import type { Entry } from '../../connectors/buckets/entry.ts';
import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext, Transform } from '../../connectors/connector.ts';
import { retried } from '../../dynamodb/retry.ts';
import type { ScanPage } from '../../dynamodb/scan.ts';
import { Item } from '../../schemas/item.ts';
import { ItemScanner, type ScannedItem } from '../../schemas/scanner.ts';
import { getItems } from '../../sink/alternator/read-back.ts';
import { merged } from '../../sink/merged.ts';
import { type Access, clientsFor } from '../../source/access.ts';
import { sourceFault } from '../../source/faults.ts';
import { assertSameTable } from '../../source/same-table.ts';
import { readRate, TablePaces } from '../../source/scan/read-rate.ts';
import { type LiveTable, scanClient } from '../../source/scan/scan-client.ts';
import { type RowSpace, sightingAt } from './row-space.ts';
import type { Side } from './sides.ts';
import { type Expected, expectedItem, rowRecord } from './transformed.ts';

export interface SourceSideOptions {
  readonly access: Access;
  readonly table: TableFacts;
  readonly transforms: readonly Transform[];
  readonly space: RowSpace;
  /** Segments of the scan, read side by side. */
  readonly segments: number;
  /** As in the migration file: up to 1 a share of the table's units, above 1 a number of units a second. */
  readonly readCapacity: number;
}

/** The source's table itself: a parallel, consistent Scan, and consistent reads of single keys. */
export function sourceSide(options: SourceSideOptions, context: TaskContext): Side {
  const { access, table, transforms, space } = options;
  const { tables } = clientsFor(access);
  const asExpected = (key: Buffer, item: Item): Expected =>
    transforms.length === 0
      ? { item, certain: true }
      : expectedItem(rowRecord(table.table, key, item), transforms);
  const entriesOf = ({ key, avro }: ScannedItem): Entry[] => {
    const expected = space.expected(key, asExpected(key, Item.fromAvro(avro)));
    return expected === null ? [] : [{ key: expected.key, digest: expected.digest, version: 0, place: 0 }];
  };
  return {
    logged: false,
    async *rows(isWanted) {
      try {
        for await (const { items } of merged(await segmentsOf(options, context))) {
          yield items.filter(({ key }) => isWanted(key)).flatMap(entriesOf);
        }
      } catch (error) {
        throw faultOf(error, 'Scanning', table.table, context.signal);
      }
    },
    async look(candidates) {
      try {
        const keys = candidates.map(({ key }) => space.itemKeyOf(key));
        const items = await getItems(tables, table.table, table.keySchema, keys, context);
        // After the read: what another table of this name holds, or lacks, would be put into the target (rule C5).
        await sameLive(access, table, context);
        return items.map((item, i) => {
          const expected = item === null ? null : space.expected(keys[i]!, asExpected(keys[i]!, item));
          return sightingAt(candidates[i]!.key, expected);
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
