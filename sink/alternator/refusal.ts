import { ConnectError } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { itemSizeBytes } from '../../dynamodb/item-size.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { CodecError } from '../../schemas/faults.ts';

/** Why the target will never take an item; names the table and the target's own words, without values. */
export function refusal(table: string, verdict: 'refused' | 'too-large', error: unknown): ConnectError {
  const known = error instanceof DynamoDbError || error instanceof CodecError;
  const reason = known ? withoutValues(error.message) : 'no reason given';
  const code = verdict === 'too-large' ? 'RECORD_TOO_LARGE' : 'RECORD_REFUSED';
  return new ConnectError(code, `Target table "${table}" refuses the item: ${reason}`, {
    cause: error,
    detail: { table },
  });
}

// Servers repeat values in some messages (ScyllaDB alternator/serialization.cc: numbers; executor.cc: keys as JSON).
function withoutValues(message: string): string {
  return message.replace(/[{[].*[}\]]/s, '{…}').replace(/[-+]?\d[\d.eE+-]{2,}/g, '…');
}

/** Why an item cannot be sent at all; null: it can. */
export function unsendable(
  table: string,
  record: ChangeRecord,
  itemBytesMax: number | null,
): ConnectError | null {
  if (record.after === null) return null;
  const detail = { table };
  try {
    const { avro } = record.after;
    // DynamoDB never counts an item four times as long as its Avro is: most need no closer look.
    if (itemBytesMax === null || avro.length <= itemBytesMax / 4 || itemSizeBytes(avro) <= itemBytesMax)
      return null;
    return new ConnectError(
      'RECORD_TOO_LARGE',
      `Target table "${table}" takes items of ${itemBytesMax} bytes at most`,
      {
        detail,
      },
    );
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return new ConnectError('RECORD_REFUSED', `The item cannot be written: ${error.message}`, {
      cause: error,
      detail,
    });
  }
}
