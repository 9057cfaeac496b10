import type { AvroReader } from './avro-reader.ts';

/** Reads a string that is mostly the same from record to record, without making it again: a table's name, a shard's. */
export class RepeatedText {
  private bytes = Buffer.alloc(0);
  private text = '';

  read(reader: AvroReader): string {
    const { buffer, pos } = reader;
    const size = reader.length();
    if (size === this.bytes.length && this.equalsAt(buffer, reader.pos)) {
      reader.pos += size;
      return this.text;
    }
    reader.pos = pos;
    this.text = reader.text();
    this.bytes = Buffer.from(buffer.subarray(reader.pos - size, reader.pos));
    return this.text;
  }

  private equalsAt(buffer: Buffer, at: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== buffer[at + i]) return false;
    return true;
  }
}
