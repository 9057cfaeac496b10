import { BRANCH } from '../attribute-types.ts';
import type { AvroReader } from '../avro-reader.ts';
import type { AttributeValue } from '../values.ts';
import { AvroCodec } from './avro-codec.ts';
import { emptyMisfit } from './cells.ts';
import { joinElements, splitElements } from './elements.ts';
import { notOfType } from './faults.ts';
import { Inside } from './misfits.ts';
import { typeText } from './parse-type.ts';
import type { CqlType } from './type.ts';
import { Misfit, type ValueCodec } from './value-codec.ts';

/** `list<…>` from an L. */
export class ListCodec extends AvroCodec {
  private readonly element: ValueCodec;
  private readonly inElement = new Inside('an element');
  /** Null where an empty one is told from none. */
  private readonly empty: Misfit | null;

  constructor(type: CqlType & { readonly kind: 'list' | 'set' }, element: ValueCodec) {
    super(type);
    this.element = element;
    this.empty = type.frozen ? null : emptyMisfit(type, 'list');
  }

  protected encodeBody(branch: number, reader: AvroReader): Buffer | Misfit {
    if (branch !== BRANCH.L) return this.wrong[branch >> 1]!;
    const parts: Buffer[] = [];
    for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
      for (let i = 0; i < count; i++) {
        const part = this.element.encodeAvro(reader);
        if (part instanceof Misfit) return this.inElement.of(part);
        parts.push(part);
      }
    }
    return parts.length === 0 && this.empty !== null ? this.empty : joinElements(parts, 1);
  }

  decode(bytes: Buffer): AttributeValue {
    const parts = splitElements(bytes, 1);
    if (parts === null) throw notOfType(typeText(this.type));
    return { L: parts.map((part) => this.element.decode(part)) };
  }

  canonical(bytes: Buffer): Buffer {
    const parts = splitElements(bytes, 1);
    if (parts === null) return bytes;
    return joinElements(
      parts.map((part) => this.element.canonical(part)),
      1,
    );
  }
}
