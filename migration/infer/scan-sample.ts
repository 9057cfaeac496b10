import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { CodecError } from '../../schemas/faults.ts';
import { Item } from '../../schemas/item.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { recordFault, sourceFault } from '../../source/faults.ts';
import { readRate, TablePaces } from '../../source/scan/read-rate.ts';
import type { ScanClient } from '../../source/scan/scan-client.ts';
import { rowRecord } from '../verify/transformed.ts';
import type { SampleTally } from './sample-tally.ts';

export interface ScanSample {
  readonly facts: TableFacts;
  readonly itemsMax: number;
  /** A share of the scan each, so that one large partition is not all that is seen. */
  readonly segments: number;
  /** As in the migration file. */
  readonly readCapacity: number;
}

/** Most items of a page, where 1 MB would hold more. */
const PAGE_ITEMS_MAX = 1000;

/** Reads items of a table into a sample, at the rate that the migration file allows; eventually consistent, at half the price. */
export async function sampleScan(
  client: ScanClient,
  request: ScanSample,
  sample: SampleTally,
  context: TaskContext,
): Promise<void> {
  const { table } = request.facts;
  const { signal } = context;
  try {
    await scanInto(client, request, sample, context);
  } catch (error) {
    signal.throwIfAborted();
    const action = `Scanning table ${JSON.stringify(table)}`;
    throw error instanceof CodecError
      ? recordFault(error, action, { table })
      : sourceFault(error, action, { table });
  }
}

async function scanInto(
  client: ScanClient,
  { facts, itemsMax, segments, readCapacity }: ScanSample,
  sample: SampleTally,
  { clock, signal }: TaskContext,
): Promise<void> {
  const { table, keySchema } = facts;
  const { billing } = await client.describeTable(table, signal);
  const pace = new TablePaces(clock).of(table, readRate(readCapacity, billing));
  let left = itemsMax;
  for (let segment = 0; segment < segments && left > 0; segment++) {
    let share = Math.ceil(left / (segments - segment));
    const pages = client.pages({
      table,
      segment,
      totalSegments: segments,
      consistent: false,
      scanner: new ItemScanner(keySchema),
      limit: Math.min(share, PAGE_ITEMS_MAX),
      pace,
      signal,
      retry: { clock },
    });
    for await (const { items } of pages) {
      const taken = items.slice(0, share);
      for (const { key, avro } of taken) sample.add(rowRecord(table, key, Item.fromAvro(avro)));
      share -= taken.length;
      left -= taken.length;
      if (share === 0) break;
    }
  }
}
