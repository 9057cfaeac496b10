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

const KINDS = ['S', 'N', 'B'] as const;

/** `set<…>` from an SS, NS or BS. */
export class SetCodec extends AvroCodec {
  private readonly element: ValueCodec;
  /** For SS, NS, BS: null where they do not become this set. */
  private readonly contents: readonly (EncodeContent | null)[];
  private readonly otherElements: readonly Misfit[];
  private readonly inElement = new Inside('an element');
  private readonly cells: CellNames;
  private readonly empty: Misfit | null;

  constructor(type: CqlType & { readonly kind: 'list' | 'set' }, element: ValueCodec) {
    super(type);
    const name = typeText(element.type);
    this.element = element;
    this.contents = element instanceof ScalarCodec ? element.contents : [null, null, null];
    this.otherElements = KINDS.map((kind) => new Misfit(`holds elements that are ${kind}, not ${name}`));
    this.cells = new CellNames(type, element, 'element');
    this.empty = type.frozen ? null : emptyMisfit(type, 'set');
  }

  protected encodeBody(branch: number, reader: AvroReader): Buffer | Misfit {
    if (branch < BRANCH.SS) return this.wrong[branch >> 1]!;
    const kind = (branch - BRANCH.SS) >> 1;
    const encode = this.contents[kind]!;
    if (encode === null) return this.otherElements[kind]!;
    const parts: Buffer[] = [];
    for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
      for (let i = 0; i < count; i++) {
        const size = reader.length();
        const from = reader.pos;
        reader.pos = from + size;
        const part = encode(reader.buffer, from, from + size);
        if (part instanceof Misfit) return this.inElement.of(part);
        const misfit = this.cells.misfitOf(part);
        if (misfit !== null) return misfit;
        parts.push(part);
      }
    }
    if (parts.length === 0 && this.empty !== null) return this.empty;
    return this.cells.misfitOfAll(parts, 1) ?? joinElements(parts, 1);
  }

  decode(bytes: Buffer): AttributeValue {
    const parts = splitElements(bytes, 1);
    if (parts === null) throw notOfType(typeText(this.type));
    const elements = parts.map((part) => this.element.decode(part));
    if (elements.length > 0) {
      if (elements.every((e) => 'S' in e)) return { SS: elements.map((e) => e.S) };
      if (elements.every((e) => 'N' in e)) return { NS: elements.map((e) => e.N) };
      if (elements.every((e) => 'B' in e)) return { BS: elements.map((e) => e.B) };
    }
    return { L: elements };
  }

  canonical(bytes: Buffer): Buffer {
    const parts = splitElements(bytes, 1);
    if (parts === null) return bytes;
    return joinElements(parts.map((part) => this.element.canonical(part)).sort(Buffer.compare), 1);
  }
}
