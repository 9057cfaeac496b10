import type { SlabWriter } from './bytes.ts';
import { canonicalNumber, canonicalNumberEnd } from './numbers.ts';

/**
 * Writes the number whose text stands from `from` to `to` as an Avro string, in canonical form.
 * Ours are canonical and are copied; another program's may not be.
 */
export function copyNumber(out: SlabWriter, source: Buffer, from: number, to: number): void {
  if (canonicalNumberEnd(source, from, to) === to) {
    out.long(to - from);
    out.appendRange(source, from, to);
    return;
  }
  const text = canonicalNumber(source.toString('latin1', from, to), from);
  out.long(text.length);
  out.ascii(text);
}
