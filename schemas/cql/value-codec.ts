import type { AvroReader } from '../avro-reader.ts';
import type { AttributeValue } from '../values.ts';
import type { CqlType } from './type.ts';

/** Why a type cannot hold a value, as a clause that follows a column's name; never a value. */
export class Misfit {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** How values of an attribute become values of a column. */
export interface ValueRules {
  /** What a number stands for that becomes a timestamp. */
  readonly unit: 'seconds' | 'milliseconds' | 'microseconds';
  /** float and double may round; without it a value that they do not hold exactly is a misfit. */
  readonly lossy: boolean;
  /** A text column that holds any attribute as DynamoDB JSON. */
  readonly json: boolean;
}

/** Turns values into the bytes of one CQL type (native protocol v4, section 6) and back. */
export interface ValueCodec {
  readonly type: CqlType;
  encode(value: AttributeValue): Buffer | Misfit;
  /** The same from Avro bytes: the reader stands at the value, and behind it afterwards, whatever the outcome. */
  encodeAvro(reader: AvroReader): Buffer | Misfit;
  /** The attribute value that bytes of this type stand for. */
  decode(bytes: Buffer): AttributeValue;
  /** The one form of equal values, for comparing: e.g. 1.0 and 1 as decimals, elements of sets in whatever order. */
  canonical(bytes: Buffer): Buffer;
}
