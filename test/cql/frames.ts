/** A frame of CQL's native protocol v4, without its header's length (native_protocol_v4.spec, 2). */
export interface Frame {
  /** With the highest bit: of a response. */
  readonly version: number;
  readonly flags: number;
  readonly stream: number;
  readonly opcode: number;
  readonly body: Buffer;
}

export const opcodes = {
  error: 0x00,
  startup: 0x01,
  query: 0x07,
  result: 0x08,
  prepare: 0x09,
  execute: 0x0a,
  event: 0x0c,
  batch: 0x0d,
} as const;

const headerBytes = 9;

/** Cuts what comes in chunks into frames. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const end = at + headerBytes + bytes.readInt32BE(at + 5);
      if (end > bytes.length) break;
      onFrame({
        version: bytes.readUInt8(at),
        flags: bytes.readUInt8(at + 1),
        stream: bytes.readInt16BE(at + 2),
        opcode: bytes.readUInt8(at + 4),
        body: bytes.subarray(at + headerBytes, end),
      });
      at = end;
    }
    rest = bytes.subarray(at);
  };
}

export function frameBytes(frame: Frame): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(frame.version, 0);
  header.writeUInt8(frame.flags, 1);
  header.writeInt16BE(frame.stream, 2);
  header.writeUInt8(frame.opcode, 4);
  header.writeInt32BE(frame.body.length, 5);
  return Buffer.concat([header, frame.body]);
}

const warned = 0x08;

/** Where the content of an answer begins: warnings may stand before it (native_protocol_v4.spec, 2.2). */
export function contentAt(frame: Frame): number {
  if (!(frame.flags & warned)) return 0;
  let at = 2;
  for (let left = frame.body.readUInt16BE(0); left > 0; left--) at += 2 + frame.body.readUInt16BE(at);
  return at;
}
