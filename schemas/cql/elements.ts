const INT_BYTES = 4;
const NULL = -1;

/**
 * The bytes of a collection: the number of entries, then each with its length (native protocol v4, sections 6.10 to 6.12).
 *
 * @param perEntry parts that make an entry: 2 in a map, its key and its value
 */
export function joinElements(parts: readonly Buffer[], perEntry: 1 | 2): Buffer {
  const out = Buffer.allocUnsafe(INT_BYTES + sizeOf(parts));
  out.writeInt32BE(parts.length / perEntry, 0);
  writeParts(parts, out, INT_BYTES);
  return out;
}

/** The parts of a collection; null where the bytes are none. */
export function splitElements(bytes: Buffer, perEntry: 1 | 2): Buffer[] | null {
  if (bytes.length < INT_BYTES) return null;
  const parts = splitParts(bytes, INT_BYTES);
  if (parts === null || parts.length !== bytes.readInt32BE(0) * perEntry) return null;
  return parts.every((part) => part !== null) ? parts : null;
}

/** The bytes of a tuple or a user-defined type: each field with its length, −1 for null (sections 6.23 and 6.24). */
export function joinFields(fields: readonly (Buffer | null)[]): Buffer {
  const out = Buffer.allocUnsafe(sizeOf(fields));
  writeParts(fields, out, 0);
  return out;
}

/**
 * The fields of a tuple or a user-defined type, `count` of them: those that an older form of the type did not have are null.
 *
 * @returns null where the bytes are none
 */
export function splitFields(bytes: Buffer, count: number): (Buffer | null)[] | null {
  const fields = splitParts(bytes, 0);
  if (fields === null || fields.length > count) return null;
  while (fields.length < count) fields.push(null);
  return fields;
}

function sizeOf(parts: readonly (Buffer | null)[]): number {
  let size = parts.length * INT_BYTES;
  for (const part of parts) if (part !== null) size += part.length;
  return size;
}

function writeParts(parts: readonly (Buffer | null)[], out: Buffer, from: number): void {
  let at = from;
  for (const part of parts) {
    at = out.writeInt32BE(part === null ? NULL : part.length, at);
    if (part !== null) at += part.copy(out, at);
  }
}

function splitParts(bytes: Buffer, from: number): (Buffer | null)[] | null {
  const parts: (Buffer | null)[] = [];
  let at = from;
  while (at < bytes.length) {
    if (bytes.length - at < INT_BYTES) return null;
    const size = bytes.readInt32BE(at);
    at += INT_BYTES;
    if (size > bytes.length - at) return null;
    parts.push(size < 0 ? null : bytes.subarray(at, at + size));
    at += Math.max(size, 0);
  }
  return parts;
}
