import type { WireReader } from './wire.ts';

const globalTable = 0x01;
const morePages = 0x02;
const noMetadata = 0x04;

/** Names of the columns of a result or of the parameters of a prepared statement; the reader stands behind them then. */
export function columnNames(
  reader: WireReader,
  of: 'rows' | 'parameters',
): { names: string[]; count: number } {
  const flags = reader.int();
  const count = reader.int();
  if (of === 'parameters') for (let left = reader.int(); left > 0; left--) reader.short();
  if (flags & morePages) reader.bytes();
  if (flags & noMetadata) return { names: [], count };
  if (flags & globalTable) skipTable(reader);
  const names: string[] = [];
  for (let column = 0; column < count; column++) {
    if (!(flags & globalTable)) skipTable(reader);
    names.push(reader.string());
    skipType(reader);
  }
  return { names, count };
}

function skipTable(reader: WireReader): void {
  reader.string();
  reader.string();
}

/** An `[option]` that says a type (native_protocol_v4.spec, 4.2.5.2). */
function skipType(reader: WireReader): void {
  const id = reader.short();
  if (id === 0x00) reader.string();
  else if (id === 0x20 || id === 0x22) skipType(reader);
  else if (id === 0x21) {
    skipType(reader);
    skipType(reader);
  } else if (id === 0x30) {
    skipTable(reader);
    for (let left = reader.short(); left > 0; left--) {
      reader.string();
      skipType(reader);
    }
  } else if (id === 0x31) for (let left = reader.short(); left > 0; left--) skipType(reader);
}
