import { BRANCH } from '../attribute-types.ts';
import type { AvroReader } from '../avro-reader.ts';
import type { AttributeValue } from '../values.ts';
import { AvroCodec } from './avro-codec.ts';
import { joinFields, splitFields } from './elements.ts';
import { notOfType } from './faults.ts';
import { Inside } from './misfits.ts';
import { typeText } from './parse-type.ts';
import type { CqlType } from './type.ts';
import { Misfit, type ValueCodec } from './value-codec.ts';

const otherLength = new Misfit('is a list of another length than the tuple');

/** `tuple<…>` from an L of just that length. */
export class TupleCodec extends AvroCodec {
  private readonly elements: readonly ValueCodec[];
  private readonly inElement = new Inside('an element');

  constructor(type: CqlType & { readonly kind: 'tuple' }, elements: readonly ValueCodec[]) {
    super(type);
    this.elements = elements;
  }

  protected encodeBody(branch: number, reader: AvroReader): Buffer | Misfit {
    if (branch !== BRANCH.L) return this.wrong[branch >> 1]!;
    const parts: Buffer[] = [];
    for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
      for (let i = 0; i < count; i++) {
        const element = this.elements[parts.length];
        if (element === undefined) return otherLength;
        const part = element.encodeAvro(reader);
        if (part instanceof Misfit) return this.inElement.of(part);
        parts.push(part);
      }
    }
    return parts.length === this.elements.length ? joinFields(parts) : otherLength;
  }

  /** An element that is null in CQL, which we never write, is NULL. */
  decode(bytes: Buffer): AttributeValue {
    const parts = splitFields(bytes, this.elements.length);
    if (parts === null) throw notOfType(typeText(this.type));
    return { L: parts.map((part, i) => (part === null ? { NULL: true } : this.elements[i]!.decode(part))) };
  }

  canonical(bytes: Buffer): Buffer {
    const parts = splitFields(bytes, this.elements.length);
    if (parts === null) return bytes;
    return joinFields(parts.map((part, i) => (part === null ? null : this.elements[i]!.canonical(part))));
  }
}
