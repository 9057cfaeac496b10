import { parseExportLine } from '../../schemas/export-line.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { IonLines } from '../../source/export/ion.ts';
import { ionOf } from '../ion-text.ts';
import type { ReadJob } from '../jobs.ts';
import { type Measured, Meter } from '../meter.ts';
import { factsOf, itemOf } from '../shapes.ts';

const DISTINCT_BYTES = 8 << 20;

/** Reads lines of an export that are in memory, over and over, for as long as the job says. */
export async function read(job: ReadJob): Promise<Measured> {
  const readLine = await readerOf(job);
  const { lines, bytes } = linesOf(job);
  for (const line of lines) readLine(line);
  const meter = new Meter();
  meter.begin();
  meter.first();
  let passes = 0;
  while (meter.wallMs < job.seconds * 1000) {
    for (const line of lines) readLine(line);
    passes++;
  }
  return meter.end(passes * lines.length, passes * bytes);
}

async function readerOf({ variant, shape }: ReadJob): Promise<(line: Buffer) => unknown> {
  if (variant === 'read-ion-js') {
    const { load } = await import('ion-js');
    return (line) => load(line);
  }
  const scanner = new ItemScanner(factsOf(shape).keySchema);
  if (variant === 'read-json') return (line) => parseExportLine(scanner, line, 0, line.length);
  const ion = new IonLines();
  return (line) => {
    const json = ion.toJson(line, 0, line.length);
    return parseExportLine(scanner, json, 0, json.length);
  };
}

/** As many lines as make some megabytes of JSON, and the bytes of that JSON. */
function linesOf({ variant, shape }: ReadJob): { lines: Buffer[]; bytes: number } {
  const lines: Buffer[] = [];
  let bytes = 0;
  for (let i = 0; bytes < DISTINCT_BYTES; i++) {
    const item = itemOf(shape, i);
    const json = Buffer.from(JSON.stringify({ Item: item }));
    bytes += json.length;
    lines.push(variant === 'read-json' ? json : Buffer.from(`$ion_1_0 {Item:${ionOf(item)}}`));
  }
  return { lines, bytes };
}
