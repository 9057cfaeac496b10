import { BRANCH } from '../attribute-types.ts';
import type { AvroReader } from '../avro-reader.ts';
import type { AttributeValue } from '../values.ts';
import { AvroCodec } from './avro-codec.ts';
import { notOfType } from './faults.ts';
import type { Misfit } from './value-codec.ts';

const TRUE = Buffer.from([1]);
const FALSE = Buffer.from([0]);

export class BooleanCodec extends AvroCodec {
  constructor() {
    super({ kind: 'native', name: 'boolean' });
  }

  protected encodeBody(branch: number, reader: AvroReader): Buffer | Misfit {
    if (branch !== BRANCH.BOOL) return this.wrong[branch >> 1]!;
    return reader.boolean() ? TRUE : FALSE;
  }

  decode(bytes: Buffer): AttributeValue {
    if (bytes.length !== 1) throw notOfType('boolean');
    return { BOOL: bytes[0] !== 0 };
  }

  canonical(bytes: Buffer): Buffer {
    if (bytes.length !== 1) return bytes;
    return bytes[0] === 0 ? FALSE : TRUE;
  }
}
