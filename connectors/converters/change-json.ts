import type { SlabWriter } from '../../schemas/bytes.ts';
import type { ChangeRecord, ExportOrigin, StreamOrigin } from '../../schemas/change.ts';
import { isStreamOrigin } from '../../schemas/change.ts';
import type { Item } from '../../schemas/item.ts';
import { appendItemJson } from '../../schemas/json-writer.ts';

/**
 * Appends the members of a change, without braces: `"op":"u","ts_us":…,"source":{…},"before":…,"after":…`.
 *
 * Items go from bytes to bytes. What an item's bytes do not hold up to throws CodecError; what was appended is then
 * incomplete, drop it.
 *
 * @param arn of the export that a row came from, where somebody knows it: it does not travel in the record
 */
export function appendChangeMembers(out: SlabWriter, record: ChangeRecord, arn: string | null = null): void {
  out.ascii(`"op":"${record.op}","ts_us":${record.version},"source":`);
  appendText(out, JSON.stringify(sourceOf(record.table, record.origin, arn)));
  out.ascii(',"before":');
  appendItem(out, record.before);
  out.ascii(',"after":');
  appendItem(out, record.after);
}

/** Appends text that may hold more than ASCII. */
export function appendText(out: SlabWriter, text: string): void {
  out.append(Buffer.from(text));
}

function sourceOf(table: string, origin: ExportOrigin | StreamOrigin, arn: string | null) {
  if (isStreamOrigin(origin)) {
    const { shard, sequence, event, ttl } = origin;
    return { table, stream: { shard, sequence, event, ttl } };
  }
  const { snapshot, file, line } = origin;
  return { table, export: { ...(arn === null ? {} : { arn }), snapshot, file, line } };
}

function appendItem(out: SlabWriter, item: Item | null): void {
  if (item === null) out.ascii('null');
  else appendItemJson(out, item.avro);
}
