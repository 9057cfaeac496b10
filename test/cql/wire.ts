/** Reads the notations of the protocol, one after the other (native_protocol_v4.spec, 3). */
export class WireReader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.at++);
  }

  short(): number {
    this.at += 2;
    return this.#bytes.readUInt16BE(this.at - 2);
  }

  int(): number {
    this.at += 4;
    return this.#bytes.readInt32BE(this.at - 4);
  }

  string(): string {
    return this.#take(this.short()).toString();
  }

  longString(): string {
    return this.#take(this.int()).toString();
  }

  shortBytes(): Buffer {
    return this.#take(this.short());
  }

  /** Null: a null, or a value that is not set. */
  bytes(): Buffer | null {
    const length = this.int();
    return length < 0 ? null : this.#take(length);
  }

  #take(length: number): Buffer {
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}

export function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([short(bytes.length), bytes]);
}

/** Also `[bytes]`, which has the same form. */
export function longString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([int(bytes.length), bytes]);
}
