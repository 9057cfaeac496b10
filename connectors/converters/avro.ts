import { decodeChange, encodeChange } from '../../schemas/change-codec.ts';
import type { Converter } from '../connector.ts';
import { ConnectError } from '../errors.ts';

/** The wire format: single-object encoding of `schemas/change.avsc`, framed keys. Items stay bytes (law 5). */
export const avroConverter: Converter = {
  name: 'AvroConverter',
  summary: 'Records as Avro, framed as single-object encoding: the wire format.',
  encode: (record) => ({ key: record.key, value: encodeChange(record), timestampMs: record.timestampMs }),
  decode: ({ key, value, timestampMs }) => {
    try {
      return decodeChange(value, key, timestampMs);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectError('RECORD_UNDECODABLE', message, { cause });
    }
  },
};
