import type { Converter } from '../connectors/connector.ts';
import { appendChangeMembers, appendText } from '../connectors/converters/change-json.ts';
import { asConnectError, ConnectError } from '../connectors/errors.ts';
import type { InRecord } from '../connectors/kafka/wire/record-decode.ts';
import { SlabWriter } from '../schemas/bytes.ts';
import { isStreamOrigin, type Marker } from '../schemas/change.ts';
import { decodeMarker, kindOfValue } from '../schemas/change-codec.ts';
import { CodecError } from '../schemas/faults.ts';
import { appendKeyJson } from '../schemas/json-writer.ts';

export interface TopicLineOptions {
  readonly converter: Converter;
  /** ARN of the export a snapshot was made of; null where none is known. */
  readonly arnOf: (snapshot: string) => string | null;
}

const out = new SlabWriter();

/**
 * A record of a topic as a line of JSON, with its line end; items are copied from bytes to bytes.
 *
 * A record that cannot be decoded becomes a line that says so: the topic goes on behind it.
 */
export function topicLine(partition: number, raw: InRecord, options: TopicLineOptions): Buffer {
  try {
    out.drop();
    begin(partition, raw);
    appendRecord(raw, options);
  } catch (thrown) {
    const { code, message } = faultOf(thrown);
    out.drop();
    begin(partition, raw);
    appendText(out, `"error":${JSON.stringify({ code, message })}`);
  }
  out.ascii('}\n');
  return out.take();
}

function begin(partition: number, { offset, timestampMs }: InRecord): void {
  out.ascii(`{"partition":${partition},"offset":${offset},"timestamp":${timestampMs},`);
}

function appendRecord({ key, value, timestampMs }: InRecord, { converter, arnOf }: TopicLineOptions): void {
  if (value === null) throw new ConnectError('RECORD_UNDECODABLE', 'A record without a value');
  if (key === null) {
    if (kindOfValue(value) !== 'marker') {
      throw new ConnectError('RECORD_UNDECODABLE', 'A change without a key');
    }
    appendMarker(decodeMarker(value));
    return;
  }
  const record = converter.decode({ key, value, timestampMs });
  out.ascii('"key":');
  appendKeyJson(out, record.key);
  out.ascii(',');
  const { origin } = record;
  appendChangeMembers(out, record, isStreamOrigin(origin) ? null : arnOf(origin.snapshot));
}

function appendMarker({ kind, snapshot, rank, version, exportMs, changesOffset, rows }: Marker): void {
  const members = JSON.stringify({
    marker: kind,
    snapshot,
    rank,
    ts_us: version,
    export_ms: exportMs,
    changes_offset: changesOffset,
    rows,
  });
  appendText(out, members.slice(1, -1));
}

/** What nobody could decode is a bad record, whichever layer found it; anything else is a defect, and shows as one. */
function faultOf(thrown: unknown): ConnectError {
  if (thrown instanceof CodecError)
    return new ConnectError('RECORD_UNDECODABLE', thrown.message, { cause: thrown });
  return asConnectError(thrown);
}
