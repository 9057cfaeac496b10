/** A schema as JSON.parse gives it. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
const EMPTY = 0xc15d213aa4d7a795n;

const TABLE: readonly bigint[] = Array.from({ length: 256 }, (_, i) => {
  let entry = BigInt(i);
  for (let bit = 0; bit < 8; bit++) entry = (entry >> 1n) ^ (EMPTY & -(entry & 1n));
  return BigInt.asUintN(64, entry);
});

/** CRC-64-AVRO (Avro specification, "Schema Fingerprints"). */
function crc64Avro(bytes: Uint8Array): bigint {
  let crc = EMPTY;
  for (const byte of bytes) crc = (crc >> 8n) ^ TABLE[Number((crc ^ BigInt(byte)) & 0xffn)]!;
  return crc;
}

/** The fingerprint of a schema: CRC-64-AVRO of its parsing canonical form. */
export function fingerprintOf(schemaText: string): bigint {
  return crc64Avro(Buffer.from(parsingCanonicalForm(JSON.parse(schemaText) as Json, '')));
}

/**
 * The text of a schema without whatever does not change how it is read (Avro specification, "Transforming into Parsing
 * Canonical Form"): full names, no docs, fixed order of members, no whitespace.
 */
export function parsingCanonicalForm(schema: Json, namespace: string): string {
  if (typeof schema === 'string') {
    return JSON.stringify(PRIMITIVES.has(schema) ? schema : fullName(schema, namespace));
  }
  if (Array.isArray(schema))
    return `[${schema.map((branch: Json) => parsingCanonicalForm(branch, namespace)).join()}]`;
  const { name, type, ...rest } = schema as JsonObject;
  if (typeof type !== 'string') return parsingCanonicalForm(type ?? null, namespace);
  if (name === undefined && PRIMITIVES.has(type)) return JSON.stringify(type);
  const own = typeof rest['namespace'] === 'string' ? rest['namespace'] : namespace;
  const full = typeof name === 'string' ? fullName(name, own) : undefined;
  const inside = full === undefined ? namespace : full.slice(0, Math.max(0, full.lastIndexOf('.')));
  const members: string[] = [];
  if (full !== undefined) members.push(`"name":${JSON.stringify(full)}`);
  members.push(`"type":${JSON.stringify(type)}`);
  if (Array.isArray(rest['fields']))
    members.push(`"fields":[${rest['fields'].map((f: Json) => field(f, inside)).join()}]`);
  if (Array.isArray(rest['symbols'])) members.push(`"symbols":${JSON.stringify(rest['symbols'])}`);
  for (const part of ['items', 'values']) {
    const element = rest[part];
    if (element !== undefined) members.push(`"${part}":${parsingCanonicalForm(element, inside)}`);
  }
  if (typeof rest['size'] === 'number') members.push(`"size":${rest['size']}`);
  return `{${members.join()}}`;
}

function field(json: Json, namespace: string): string {
  const { name, type } = json as JsonObject;
  return `{"name":${JSON.stringify(name)},"type":${parsingCanonicalForm(type ?? null, namespace)}}`;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}
