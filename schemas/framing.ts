import { readFileSync } from 'node:fs';
import { CodecError } from './faults.ts';
import { fingerprintOf } from './fingerprint.ts';

/** Bytes before the body: a marker of two and the fingerprint of the schema (Avro specification, "Single-object encoding"). */
export const FRAME_BYTES = 10;

export type SchemaName = 'change' | 'key' | 'marker';

/** The .avsc file of a schema, as it is published. */
export function schemaText(name: SchemaName): string {
  return readFileSync(new URL(`./${name}.avsc`, import.meta.url), 'utf8');
}

function frameOf(name: SchemaName): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame[0] = 0xc3;
  frame[1] = 0x01;
  frame.writeBigUInt64LE(fingerprintOf(schemaText(name)), 2);
  return frame;
}

/** What the bytes of each kind of record begin with. */
export const FRAMES: Readonly<Record<SchemaName, Buffer>> = {
  change: frameOf('change'),
  key: frameOf('key'),
  marker: frameOf('marker'),
};

export function hasFrame(framed: Uint8Array, name: SchemaName): boolean {
  if (framed.length < FRAME_BYTES) return false;
  const frame = FRAMES[name];
  for (let i = 0; i < FRAME_BYTES; i++) if (framed[i] !== frame[i]) return false;
  return true;
}

/** Throws SCHEMA_UNKNOWN unless the bytes are framed with this schema's fingerprint. */
export function checkFrame(framed: Uint8Array, name: SchemaName): void {
  if (!hasFrame(framed, name)) throw unknownSchema(framed, `the ${name} schema`);
}

export function unknownSchema(framed: Uint8Array, expected: string): CodecError {
  const begin = Buffer.from(framed.subarray(0, FRAME_BYTES)).toString('hex');
  const found =
    framed.length >= FRAME_BYTES && begin.startsWith('c301') ? `fingerprint ${begin.slice(4)}` : 'no frame';
  return new CodecError('SCHEMA_UNKNOWN', `The bytes are not framed with ${expected}: ${found}`, 0);
}
