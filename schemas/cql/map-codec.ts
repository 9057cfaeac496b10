import { BRANCH } from '../attribute-types.ts';
import type { AvroReader } from '../avro-reader.ts';
import type { AttributeValue } from '../values.ts';
import { AvroCodec, type EncodeContent, ScalarCodec } from './avro-codec.ts';
import { CellNames, emptyMisfit } from './cells.ts';
import { joinElements, splitElements } from './elements.ts';
import { notOfType } from './faults.ts';
import { Inside } from './misfits.ts';
import { typeText } from './parse-type.ts';
import type { CqlType } from './type.ts';
import { Misfit, type ValueCodec } from './value-codec.ts';

/** `map<…, …>` from an M: its names become keys of a type that text can become. */
export class MapCodec extends AvroCodec {
  private readonly key: ValueCodec;
  private readonly value: ValueCodec;
  /** Null: no text becomes a key. */
  private readonly encodeName: EncodeContent | null;
  private readonly inName = new Inside('a name');
  private readonly inMember = new Inside('a member');
  private readonly noName: Misfit;
  private readonly cells: CellNames;
  private readonly empty: Misfit | null;

  constructor(type: CqlType & { readonly kind: 'map' }, key: ValueCodec, value: ValueCodec) {
    super(type);
    this.key = key;
    this.value = value;
    this.encodeName = key instanceof ScalarCodec ? key.contents[0]! : null;
    this.noName = new Misfit(`holds names, which are text, not ${typeText(key.type)}`);
    this.cells = new CellNames(type, key, 'name');
    this.empty = type.frozen ? null : emptyMisfit(type, 'map');
  }

  protected encodeBody(branch: number, reader: AvroReader): Buffer | Misfit {
    if (branch !== BRANCH.M) return this.wrong[branch >> 1]!;
    if (this.encodeName === null) return this.noName;
    const parts: Buffer[] = [];
    for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
      for (let i = 0; i < count; i++) {
        const size = reader.length();
        const from = reader.pos;
        reader.pos = from + size;
        const key = this.encodeName(reader.buffer, from, from + size);
        if (key instanceof Misfit) return this.inName.of(key);
        const misfit = this.cells.misfitOf(key);
        if (misfit !== null) return misfit;
        const value = this.value.encodeAvro(reader);
        if (value instanceof Misfit) return this.inMember.of(value);
        parts.push(key, value);
      }
    }
    if (parts.length === 0 && this.empty !== null) return this.empty;
    return this.cells.misfitOfAll(parts, 2) ?? joinElements(parts, 2);
  }

  decode(bytes: Buffer): AttributeValue {
    const parts = splitElements(bytes, 2);
    if (parts === null) throw notOfType(typeText(this.type));
    const members = new Map<string, AttributeValue>();
    for (let i = 0; i < parts.length; i += 2) {
      const name = this.key.decode(parts[i]!);
      if (!('S' in name)) throw notOfType('map whose keys are text');
      members.set(name.S, this.value.decode(parts[i + 1]!));
    }
    return { M: members };
  }

  canonical(bytes: Buffer): Buffer {
    const parts = splitElements(bytes, 2);
    if (parts === null) return bytes;
    const entries: [Buffer, Buffer][] = [];
    for (let i = 0; i < parts.length; i += 2) {
      entries.push([this.key.canonical(parts[i]!), this.value.canonical(parts[i + 1]!)]);
    }
    entries.sort(([a], [b]) => a.compare(b));
    return joinElements(entries.flat(), 2);
  }
}
