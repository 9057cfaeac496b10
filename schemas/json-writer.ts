import { isUtf8 } from 'node:buffer';
import { BRANCH, checkDepth } from './attribute-types.ts';
import { AvroReader } from './avro-reader.ts';
import { encodeBase64 } from './base64.ts';
import { SlabWriter } from './bytes.ts';
import { CodecError } from './faults.ts';
import { checkFrame, FRAME_BYTES } from './framing.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLAIN,
  QUOTE,
} from './json-bytes.ts';
import { readBranch } from './skip-avro.ts';

const SHORT_BYTES = 40;
const OPENINGS: readonly Buffer[] = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'].map((tag) =>
  Buffer.from(`{"${tag}":`),
);
const ESCAPES: readonly Buffer[] = Array.from({ length: 0x5d }, (_, c) =>
  Buffer.from(JSON.stringify(String.fromCharCode(c)).slice(1, -1)),
);
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Turns Avro bytes into DynamoDB JSON bytes without objects in between. */
class JsonTranscoder {
  private readonly reader = new AvroReader(Buffer.alloc(0));
  private out: SlabWriter;
  private high = 0;

  constructor(out: SlabWriter) {
    this.out = out;
  }

  /** Writes the map that fills `bytes` from `from` on. */
  run(out: SlabWriter, bytes: Buffer, from: number): void {
    this.out = out;
    this.high = 0;
    this.reader.reset(bytes, from);
    const before = out.length;
    this.writeMap(0);
    this.reader.finish();
    this.checkText(before);
  }

  /** Writes the value at which `from` stands, and moves it behind. */
  runValue(out: SlabWriter, from: AvroReader): void {
    this.out = out;
    this.high = 0;
    this.reader.reset(from.buffer, from.pos, from.end);
    const before = out.length;
    this.writeValue(0);
    from.pos = this.reader.pos;
    this.checkText(before);
  }

  /** Everything from `before` on in the present piece. */
  private checkText(before: number): void {
    const { high, out } = this;
    if (high > 127 && !isUtf8(out.slab.subarray(out.start + before, out.pos))) {
      throw new CodecError('UTF8_INVALID', 'A string is not UTF-8');
    }
  }

  private writeMap(depth: number): void {
    const { reader, out } = this;
    out.byte(OPEN_BRACE);
    let first = true;
    for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
      for (let i = 0; i < count; i++) {
        if (!first) out.byte(COMMA);
        first = false;
        this.writeText();
        out.byte(COLON);
        this.writeValue(depth);
      }
    }
    out.byte(CLOSE_BRACE);
  }

  private writeValue(depth: number): void {
    const { reader, out } = this;
    const branch = readBranch(reader);
    out.append(OPENINGS[branch >> 1]!);
    switch (branch) {
      case BRANCH.S:
      case BRANCH.N:
        this.writeText();
        break;
      case BRANCH.B:
        this.writeBinary();
        break;
      case BRANCH.BOOL:
        out.append(reader.boolean() ? TRUE : FALSE);
        break;
      case BRANCH.NULL:
        out.append(TRUE);
        break;
      case BRANCH.M:
        checkDepth(depth + 1, reader.pos);
        this.writeMap(depth + 1);
        break;
      case BRANCH.L:
        checkDepth(depth + 1, reader.pos);
        this.writeArray(branch, depth + 1);
        break;
      default:
        this.writeArray(branch, depth);
    }
    out.byte(CLOSE_BRACE);
  }

  private writeArray(branch: number, depth: number): void {
    const { reader, out } = this;
    out.byte(OPEN_BRACKET);
    let first = true;
    for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
      for (let i = 0; i < count; i++) {
        if (!first) out.byte(COMMA);
        first = false;
        if (branch === BRANCH.L) this.writeValue(depth);
        else if (branch === BRANCH.BS) this.writeBinary();
        else this.writeText();
      }
    }
    out.byte(CLOSE_BRACKET);
  }

  private writeBinary(): void {
    const { reader, out } = this;
    const size = reader.length();
    out.ensure(Math.ceil(size / 3) * 4 + 2);
    const { slab } = out;
    slab[out.pos++] = QUOTE;
    out.pos = encodeBase64(reader.buffer, reader.pos, reader.pos + size, slab, out.pos);
    slab[out.pos++] = QUOTE;
    reader.pos += size;
  }

  private writeText(): void {
    const { reader, out } = this;
    const size = reader.length();
    const { buffer } = reader;
    const from = reader.pos;
    const to = from + size;
    reader.pos = to;
    out.ensure(size + 2);
    const { slab } = out;
    slab[out.pos] = QUOTE;
    let at = out.pos + 1;
    let high = this.high;
    let p = from;
    if (size <= SHORT_BYTES) {
      for (; p < to; p++) {
        const c = buffer[p]!;
        if (PLAIN[c] === 0) break;
        slab[at++] = c;
        high |= c;
      }
    } else {
      while (p < to && PLAIN[buffer[p]!] === 1) high |= buffer[p++]!;
      slab.set(buffer.subarray(from, p), at);
      at += p - from;
    }
    this.high = high;
    if (p === to) {
      slab[at] = QUOTE;
      out.pos = at + 1;
      return;
    }
    out.pos = at;
    this.writeEscaped(p, to);
  }

  /** The rest of a string, from its first byte that must be escaped. */
  private writeEscaped(from: number, to: number): void {
    const { buffer } = this.reader;
    const { out } = this;
    out.ensure((to - from) * 6 + 1);
    const { slab } = out;
    let at = out.pos;
    let high = this.high;
    for (let p = from; p < to; p++) {
      const c = buffer[p]!;
      if (PLAIN[c] === 1) {
        slab[at++] = c;
        high |= c;
        continue;
      }
      const escaped = ESCAPES[c]!;
      for (let i = 0; i < escaped.length; i++) slab[at++] = escaped[i]!;
    }
    slab[at++] = QUOTE;
    this.high = high;
    out.pos = at;
  }
}

const slabs = new SlabWriter();
const transcoder = new JsonTranscoder(slabs);

/**
 * Appends an item as DynamoDB JSON, `{"Artist":{"S":"x"},…}`, to what `out` holds: so a request body is built in one buffer.
 *
 * @throws CodecError AVRO_INVALID, UTF8_INVALID, NESTING_TOO_DEEP; what was appended is then incomplete, drop it
 */
export function appendItemJson(out: SlabWriter, avro: Buffer): void {
  transcoder.run(out, avro, 0);
}

/** Appends the key attributes in a framed record key as DynamoDB JSON. */
export function appendKeyJson(out: SlabWriter, framedKey: Buffer): void {
  checkFrame(framedKey, 'key');
  transcoder.run(out, framedKey, FRAME_BYTES);
}

/** The DynamoDB JSON of an item. */
export function itemToJson(avro: Buffer): Buffer {
  slabs.drop();
  appendItemJson(slabs, avro);
  return slabs.take();
}

/** The DynamoDB JSON of the key attributes in a framed record key. */
export function keyToJson(framedKey: Buffer): Buffer {
  slabs.drop();
  appendKeyJson(slabs, framedKey);
  return slabs.take();
}

/** Appends the DynamoDB JSON of the value at which the reader stands, as {@link appendItemJson} does that of an item. */
export function appendValueJson(out: SlabWriter, reader: AvroReader): void {
  transcoder.runValue(out, reader);
}

/** The DynamoDB JSON of the value at which the reader stands, `{"S":"x"}`; the reader stands behind it afterwards. */
export function valueToJson(reader: AvroReader): Buffer {
  slabs.drop();
  transcoder.runValue(slabs, reader);
  return slabs.take();
}
