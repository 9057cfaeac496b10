import type { RejectedRecord } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { JsonAttributes, RawStreamRecord } from '../../dynamodb/streams.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { CodecError } from '../../schemas/faults.ts';
import { Item } from '../../schemas/item.ts';
import type { ItemScanner } from '../../schemas/scanner.ts';
import { recordFault } from '../faults.ts';

const SUITABLE = new Set(['NEW_IMAGE', 'NEW_AND_OLD_IMAGES']);

/** Whether a stream of this view type carries the whole item after each change (rule C1). */
export function isSuitable(viewType: string | null): boolean {
  return viewType !== null && SUITABLE.has(viewType);
}

/**
 * Rule C1: refused at each record too, as a view without new images would turn every put into a delete.
 *
 * @param place of the record, for the detail
 */
export function assertSuitable(
  viewType: string | null,
  table: string,
  place: { readonly shard?: string; readonly sequence?: string } = {},
): void {
  if (isSuitable(viewType)) return;
  throw new ConnectError(
    'SOURCE_STREAM_UNSUITABLE',
    `The stream of ${table} has the view type ${viewType ?? 'unknown'}; NEW_IMAGE or NEW_AND_OLD_IMAGES is needed`,
    { detail: { table, ...place } },
  );
}

export interface RecordContext {
  readonly table: string;
  readonly shard: string;
  /** Of the table's key schema. */
  readonly scanner: ItemScanner;
}

/**
 * One stream record as a change.
 *
 * Put or delete is decided by the presence of the new image (rule C2); eventName only tells a create from an update.
 * Throws CodecError.
 */
export function changeOf(raw: RawStreamRecord, version: number, context: RecordContext): ChangeRecord {
  const { scanner } = context;
  const keys = jsonBytes(raw.keys);
  const after = imageOf(raw.newImage, scanner);
  const before = imageOf(raw.oldImage, scanner);
  const created = raw.oldImage === undefined && raw.eventName === 'INSERT';
  return {
    op: after === null ? 'd' : created ? 'c' : 'u',
    version,
    table: context.table,
    origin: { shard: context.shard, sequence: raw.sequence, event: raw.eventId, ttl: raw.ttl },
    timestampMs: raw.acdtMs,
    key: scanner.scan(keys, 0, keys.length).key,
    before,
    after,
  };
}

/** A record that could not become a change, with what came as its bytes (rule C9). Rethrows what is no fault of the record. */
export function rejectedOf(raw: RawStreamRecord, error: unknown, context: RecordContext): RejectedRecord {
  if (!(error instanceof CodecError)) throw error;
  const detail = { table: context.table, shard: context.shard, sequence: raw.sequence };
  const place = `Shard ${context.shard}, sequence number ${raw.sequence}`;
  return { error: recordFault(error, place, detail), bytes: jsonBytes(raw) };
}

function imageOf(image: JsonAttributes | undefined, scanner: ItemScanner): Item | null {
  if (image === undefined) return null;
  const bytes = jsonBytes(image);
  return Item.fromAvro(scanner.scanItem(bytes, 0, bytes.length).avro);
}

function jsonBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
