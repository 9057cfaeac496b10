import type { ChangeRecord, Marker } from '../../schemas/change.ts';
import { decodeMarker, kindOfValue } from '../../schemas/change-codec.ts';
import type { Converter, Transform } from '../connector.ts';
import { asConnectError, ConnectError } from '../errors.ts';
import type { InRecord } from '../kafka/record-decode.ts';
import type { Outcome } from './outcomes.ts';

/** One record of a topic, on its way to the target. */
export interface Incoming {
  readonly raw: InRecord;
  /** What is to be written; null when the record is bad. */
  readonly record: ChangeRecord | null;
  /** What it counts as when the write succeeds. */
  readonly outcome: Outcome;
  readonly error: ConnectError | null;
  /** Stage and place of the failure, in Kafka Connect's words. */
  readonly stage: Stage;
}

export type Stage = 'VALUE_CONVERTER' | 'TRANSFORMATION' | 'TASK_PUT';

export type Decoded = { readonly marker: Marker; readonly offset: number } | { readonly incoming: Incoming };

/**
 * Decodes a topic record: a marker, a change ready to be written, or one that must be set aside.
 *
 * @param firstVersion V of the rows that are the first ever of their keys; null: there are none among these records.
 */
export function decodeIncoming(
  raw: InRecord,
  converter: Converter,
  transforms: readonly Transform[],
  firstVersion: number | null,
): Decoded {
  let record: ChangeRecord;
  try {
    if (raw.value === null) throw new ConnectError('RECORD_UNDECODABLE', 'A record without a value');
    if (raw.key === null) {
      if (kindOfValue(raw.value) === 'marker') return { marker: decodeMarker(raw.value), offset: raw.offset };
      throw new ConnectError('RECORD_UNDECODABLE', 'A change without a key');
    }
    record = converter.decode({ key: raw.key, value: raw.value, timestampMs: raw.timestampMs });
  } catch (thrown) {
    const known = thrown instanceof ConnectError;
    const error = known
      ? thrown
      : new ConnectError('RECORD_UNDECODABLE', asConnectError(thrown).message, { cause: thrown });
    return { incoming: { raw, record: null, outcome: 'deadLettered', error, stage: 'VALUE_CONVERTER' } };
  }
  if (transforms.length === 0) {
    return { incoming: { raw, record, outcome: 'written', error: null, stage: 'TASK_PUT' } };
  }
  return { incoming: transform(raw, record, transforms, record.version !== firstVersion) };
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
): Incoming {
  let current: ChangeRecord | null = record;
  try {
    for (const one of transforms) {
      current = one.apply(current);
      if (current === null) break;
    }
    // What cannot be written shows when its bytes are made: here it is one bad record, in the sink a defect.
    void current?.after?.avro;
  } catch (thrown) {
    const error = new ConnectError('RECORD_TRANSFORM', asConnectError(thrown).message, { cause: thrown });
    return { raw, record: null, outcome: 'deadLettered', error, stage: 'TRANSFORMATION' };
  }
  if (current !== null) return { raw, record: current, outcome: 'written', error: null, stage: 'TASK_PUT' };
  const gone = deletesFiltered ? { ...record, op: 'd' as const, before: null, after: null } : null;
  return { raw, record: gone, outcome: 'filtered', error: null, stage: 'TASK_PUT' };
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
