/** Offsets and ids are 64 bits on the wire and numbers here: exact below 2^53, which a log reaches after 285 000 years at 1000/s. */
export function readInt64(bytes: Buffer, at: number): number {
  const value = bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value))
    throw new RangeError('a 64-bit number of the Kafka protocol is beyond 2^53');
  return value;
}

/** Reads the Kafka protocol's primitive types, in order, from one message. Bytes are views, never copies. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#at++);
  }

  int16(): number {
    const value = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  int32(): number {
    const value = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  int64(): number {
    const value = readInt64(this.#bytes, this.#at);
    this.#at += 8;
    return value;
  }

  bigint64(): bigint {
    const value = this.#bytes.readBigInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A string with a 16-bit length; null comes back as ''. */
  string(): string {
    const length = this.int16();
    return length < 0 ? '' : this.#take(length).toString('utf8');
  }

  /** Bytes with a 32-bit length; null comes back empty. */
  bytes(): Buffer {
    const length = this.int32();
    return length < 0 ? this.#bytes.subarray(0, 0) : this.#take(length);
  }

  /** An array with a 32-bit length; null comes back empty. */
  array<T>(element: (reader: WireReader) => T): T[] {
    const length = this.int32();
    const elements: T[] = [];
    for (let i = 0; i < length; i++) elements.push(element(this));
    return elements;
  }

  #take(length: number): Buffer {
    if (length > this.remaining) throw new RangeError('a Kafka message ends before its last field');
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
}

/** Writes the Kafka protocol's primitive types. Big byte strings are kept as parts, so that nothing copies a batch. */
export class WireWriter {
  readonly #parts: Buffer[] = [];
  #open = Buffer.allocUnsafe(256);
  #at = 0;

  int8(value: number): this {
    this.#need(1);
    this.#at = this.#open.writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#need(2);
    this.#at = this.#open.writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#need(4);
    this.#at = this.#open.writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: number | bigint): this {
    this.#need(8);
    this.#at = this.#open.writeBigInt64BE(BigInt(value), this.#at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const length = Buffer.byteLength(value);
    this.int16(length).#need(length);
    this.#at += this.#open.write(value, this.#at);
    return this;
  }

  /** A compact string of the flexible versions (KIP-482): varint of length + 1, then the bytes. */
  compactString(value: string): this {
    const length = Buffer.byteLength(value);
    this.#need(length + 5);
    let rest = length + 1;
    while (rest > 127) {
      this.#open[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#open[this.#at++] = rest;
    this.#at += this.#open.write(value, this.#at);
    return this;
  }

  /** Bytes with a 32-bit length. They are referenced, not copied: leave them alone until sent. */
  bytes(value: Buffer): this {
    this.int32(value.length);
    this.#parts.push(this.#open.subarray(0, this.#at), value);
    this.#open = Buffer.allocUnsafe(256);
    this.#at = 0;
    return this;
  }

  /** Everything written, in order. */
  parts(): Buffer[] {
    return [...this.#parts, this.#open.subarray(0, this.#at)];
  }

  #need(bytes: number): void {
    if (this.#open.length - this.#at >= bytes) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.#open.length * 2, this.#at + bytes));
    this.#open.copy(bigger, 0, 0, this.#at);
    this.#open = bigger;
  }
}
