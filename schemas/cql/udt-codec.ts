import { BRANCH } from '../attribute-types.ts';
import type { AvroReader } from '../avro-reader.ts';
import type { AttributeValue } from '../values.ts';
import { AvroCodec } from './avro-codec.ts';
import { emptyMisfit } from './cells.ts';
import { joinFields, splitFields } from './elements.ts';
import { notOfType } from './faults.ts';
import { Inside } from './misfits.ts';
import { typeText } from './parse-type.ts';
import type { CqlType } from './type.ts';
import { Misfit, type ValueCodec } from './value-codec.ts';

interface Field {
  readonly index: number;
  readonly name: string;
  readonly codec: ValueCodec;
  readonly inside: Inside;
}

const noField = new Misfit('holds a member that is no field of the user-defined type');

/** A user-defined type from an M: members are fields of the same name, a field without a member is null. */
export class UdtCodec extends AvroCodec {
  private readonly fields: readonly Field[];
  private readonly byName: ReadonlyMap<string, Field>;
  private readonly empty: Misfit | null;

  /** @param codecs in the order of the type's fields */
  constructor(type: CqlType & { readonly kind: 'udt' }, codecs: readonly ValueCodec[]) {
    super(type);
    this.fields = type.fields.map(({ name }, index) => ({
      index,
      name,
      codec: codecs[index]!,
      inside: new Inside(`a field "${name}"`),
    }));
    this.byName = new Map(this.fields.map((field) => [field.name, field]));
    this.empty = type.frozen ? null : emptyMisfit(type, 'map');
  }

  protected encodeBody(branch: number, reader: AvroReader): Buffer | Misfit {
    if (branch !== BRANCH.M) return this.wrong[branch >> 1]!;
    const parts = new Array<Buffer | null>(this.fields.length).fill(null);
    let empty = true;
    for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
      for (let i = 0; i < count; i++) {
        const field = this.byName.get(reader.text());
        if (field === undefined) return noField;
        const part = field.codec.encodeAvro(reader);
        if (part instanceof Misfit) return field.inside.of(part);
        parts[field.index] = part;
        empty = false;
      }
    }
    return empty && this.empty !== null ? this.empty : joinFields(parts);
  }

  decode(bytes: Buffer): AttributeValue {
    const parts = splitFields(bytes, this.fields.length);
    if (parts === null) throw notOfType(typeText(this.type));
    const members = new Map<string, AttributeValue>();
    for (const { name, index, codec } of this.fields) {
      const part = parts[index]!;
      if (part !== null) members.set(name, codec.decode(part));
    }
    return { M: members };
  }

  canonical(bytes: Buffer): Buffer {
    const parts = splitFields(bytes, this.fields.length);
    if (parts === null) return bytes;
    return joinFields(
      this.fields.map(({ index, codec }) => {
        const part = parts[index]!;
        return part === null ? null : codec.canonical(part);
      }),
    );
  }
}
