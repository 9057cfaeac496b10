import { BRANCH } from '../attribute-types.ts';
import { AvroReader } from '../avro-reader.ts';
import { encodeValue } from '../encode.ts';
import { readBranch, skipValue } from '../skip-avro.ts';
import type { AttributeValue } from '../values.ts';
import { wrongKinds } from './misfits.ts';
import { typeText } from './parse-type.ts';
import type { CqlType } from './type.ts';
import { Misfit, type ValueCodec } from './value-codec.ts';

const objects = new AvroReader(Buffer.alloc(0));

/** A codec that knows Avro bytes alone: objects become Avro first, so that both roads lead to the same bytes. */
export abstract class AvroCodec implements ValueCodec {
  readonly type: CqlType;
  /** By branch index. */
  protected readonly wrong: readonly Misfit[];

  constructor(type: CqlType) {
    this.type = type;
    this.wrong = wrongKinds(typeText(type));
  }

  encode(value: AttributeValue): Buffer | Misfit {
    return this.encodeAvro(objects.reset(encodeValue(value)));
  }

  encodeAvro(reader: AvroReader): Buffer | Misfit {
    const start = reader.pos;
    const encoded = this.encodeBody(readBranch(reader), reader);
    if (encoded instanceof Misfit) {
      reader.pos = start;
      skipValue(reader, 0);
    }
    return encoded;
  }

  /** The reader stands behind the branch; after a misfit it may stand anywhere. */
  protected abstract encodeBody(branch: number, reader: AvroReader): Buffer | Misfit;
  abstract decode(bytes: Buffer): AttributeValue;
  abstract canonical(bytes: Buffer): Buffer;
}

/** Turns what stands from `from` to `to`, the text of an S or N or the content of a B, into bytes of a type. */
export type EncodeContent = (bytes: Buffer, from: number, to: number) => Buffer | Misfit;

/** What is particular to a type whose values have no parts. */
export interface ScalarForm {
  readonly S?: EncodeContent;
  readonly N?: EncodeContent;
  readonly B?: EncodeContent;
  /** Different texts may become the same bytes: so may elements of a set. */
  readonly merges: boolean;
  decode(bytes: Buffer): AttributeValue;
  canonical(bytes: Buffer): Buffer;
}

export class ScalarCodec extends AvroCodec {
  /** Of S, N and B, by branch index; also how elements of SS, NS and BS and names in maps become this type. */
  readonly contents: readonly (EncodeContent | null)[];
  readonly merges: boolean;
  private readonly form: ScalarForm;

  constructor(type: CqlType, form: ScalarForm) {
    super(type);
    this.form = form;
    this.merges = form.merges;
    this.contents = [form.S ?? null, form.N ?? null, form.B ?? null];
  }

  protected encodeBody(branch: number, reader: AvroReader): Buffer | Misfit {
    const encode = branch <= BRANCH.B ? this.contents[branch >> 1]! : null;
    if (encode === null) return this.wrong[branch >> 1]!;
    const size = reader.length();
    const from = reader.pos;
    reader.pos = from + size;
    return encode(reader.buffer, from, from + size);
  }

  decode(bytes: Buffer): AttributeValue {
    return this.form.decode(bytes);
  }

  canonical(bytes: Buffer): Buffer {
    return this.form.canonical(bytes);
  }
}
