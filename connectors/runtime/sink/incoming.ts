import type { ChangeRecord, Marker } from '../../../schemas/change.ts';
import { decodeMarker, kindOfValue } from '../../../schemas/change-codec.ts';
import type { Item } from '../../../schemas/item.ts';
import type { Converter, Transform } from '../../connector.ts';
import { asConnectError, ConnectError } from '../../errors.ts';
import type { InRecord } from '../../kafka/wire/record-decode.ts';
import type { Outcome } from '../outcomes.ts';

/** One record of a topic, on its way to the target. */
export interface Incoming {
  readonly raw: InRecord;
  /** What is to be written; of a bad record, what is written all the same, mostly null: nothing. */
  readonly record: ChangeRecord | null;
  /** What it counts as when the write succeeds. */
  readonly outcome: Outcome;
  readonly error: ConnectError | null;
  /** Stage and place of the failure, in Kafka Connect's words. */
  readonly stage: Stage;
  /** Class name of the converter or transform that failed; null: none did. */
  readonly by: string | null;
}

/** Kafka Connect's, as far as they are met here. */
export type Stage = 'KEY_CONVERTER' | 'VALUE_CONVERTER' | 'TRANSFORMATION' | 'TASK_PUT';

export type Decoded = { readonly marker: Marker; readonly offset: number } | { readonly incoming: Incoming };

/**
 * Decodes a topic record: a marker, a change ready to be written, or one that must be set aside.
 *
 * @param firstVersion V of the rows that are the first ever of their keys; null: there are none among these records.
 * @param moves the target's rows move: what takes a row away has to tell where it is (rule C6).
 */
export function decodeIncoming(
  raw: InRecord,
  converter: Converter,
  transforms: readonly Transform[],
  firstVersion: number | null,
  moves = false,
): Decoded {
  let record: ChangeRecord;
  let stage: Stage = 'VALUE_CONVERTER';
  try {
    if (raw.value === null) throw new ConnectError('RECORD_UNDECODABLE', 'A record without a value');
    if (raw.key === null) {
      if (kindOfValue(raw.value) === 'marker') return { marker: decodeMarker(raw.value), offset: raw.offset };
      stage = 'KEY_CONVERTER';
      throw new ConnectError('RECORD_UNDECODABLE', 'A change without a key');
    }
    record = converter.decode({ key: raw.key, value: raw.value, timestampMs: raw.timestampMs });
  } catch (thrown) {
    const known = thrown instanceof ConnectError;
    const error = known
      ? thrown
      : new ConnectError('RECORD_UNDECODABLE', asConnectError(thrown).message, { cause: thrown });
    const by = converter.name;
    return { incoming: { raw, record: null, outcome: 'deadLettered', error, stage, by } };
  }
  if (transforms.length === 0) {
    return { incoming: { raw, record, outcome: 'written', error: null, stage: 'TASK_PUT', by: null } };
  }
  return { incoming: transform(raw, record, transforms, record.version !== firstVersion, moves) };
}

/**
 * Rule C9: a filter on a change says that its item does not belong in the target, so a delete is sent in its place.
 *
 * @param deletesFiltered false only for rows of the very first snapshot into an empty target: nothing of them can be in it.
 */
function transform(
  raw: InRecord,
  record: ChangeRecord,
  transforms: readonly Transform[],
  deletesFiltered: boolean,
  moves: boolean,
): Incoming {
  let current: ChangeRecord | null = record;
  let by: string | null = null;
  try {
    for (const one of transforms) {
      by = one.name;
      current = one.apply(current);
      if (current === null) break;
    }
    // What cannot be written shows when its bytes are made: here it is one bad record, in the sink a defect.
    void current?.after?.avro;
  } catch (thrown) {
    const error = new ConnectError('RECORD_TRANSFORM', asConnectError(thrown).message, { cause: thrown });
    // Rule C6: no later record tells of the row that is there now.
    const gone = moves ? goneOf(record, transforms) : null;
    return { raw, record: gone, outcome: 'deadLettered', error, stage: 'TRANSFORMATION', by };
  }
  if (current !== null) {
    const written = moves ? withReadableBefore(current) : current;
    return { raw, record: written, outcome: 'written', error: null, stage: 'TASK_PUT', by: null };
  }
  const gone = !deletesFiltered ? null : moves ? goneOf(record, transforms) : deleteOf(record, null);
  return { raw, record: gone, outcome: 'filtered', error: null, stage: 'TASK_PUT', by: null };
}

function deleteOf(record: ChangeRecord, before: Item | null): ChangeRecord {
  return { ...record, op: 'd', before, after: null };
}

/** The delete of a record's item, with the old image as the target held it; null: it had no row, as it is new. */
function goneOf(record: ChangeRecord, transforms: readonly Transform[]): ChangeRecord | null {
  if (record.op === 'c' && record.before === null) return null;
  let gone = deleteOf(record, record.before);
  for (const one of transforms) {
    const next = withoutFault(() => one.apply(gone));
    gone = next ?? { ...deleteOf(record, null), beforeFiltered: true };
  }
  return withReadableBefore(gone);
}

/** An old image of which no bytes can be made was set aside: no row of it is left. */
function withReadableBefore(record: ChangeRecord): ChangeRecord {
  const { before } = record;
  if (before === null || withoutFault(() => before.avro) !== null) return record;
  return { ...record, before: null, beforeFiltered: true };
}

function withoutFault<T>(step: () => T): T | null {
  try {
    return step();
  } catch {
    return null;
  }
}

/**
 * Within a batch only the last record of a key is sent: each is a whole item (rule C7).
 *
 * @returns for each index of `batch` whether a later one stands in for it.
 */
export function supersededInBatch(batch: readonly Incoming[]): boolean[] {
  const superseded = new Array<boolean>(batch.length).fill(false);
  const seen = new Set<string>();
  for (let i = batch.length - 1; i >= 0; i--) {
    const record = batch[i]?.record;
    if (!record) continue;
    const key = record.key.toString('latin1');
    if (seen.has(key)) superseded[i] = true;
    else seen.add(key);
  }
  return superseded;
}
