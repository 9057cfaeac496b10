import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAttributes } from '../../../schemas/decode.ts';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { parseExportLine } from '../../../schemas/export-line.ts';
import { CodecError } from '../../../schemas/faults.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import type { Attributes } from '../../../schemas/values.ts';
import { parseWindowLine } from '../../../schemas/window-line.ts';
import { IonLines } from '../../../source/export/ion.ts';
import { attributes, generator } from '../../conformance/arbitraries.ts';
import { toJson } from '../schemas/writers.ts';
import { oracleItem, oracleLine } from './ion-oracle.ts';
import { IonWriter } from './ion-writer.ts';

const lines = new IonLines();
const scanner = new ItemScanner([]);

const seeds = fc.integer({ min: 1, max: 0x7fffffff });

/** The JSON of a line that stands in the middle of other bytes, as lines do in a chunk. */
function jsonOf(line: string | Buffer): Buffer {
  const bytes = Buffer.from(line as string);
  const chunk = Buffer.concat([Buffer.from('{"x'), bytes, Buffer.from("\n'''}")]);
  return lines.toJson(chunk, 3, 3 + bytes.length);
}

function avroOf(line: string | Buffer): Buffer {
  const json = jsonOf(line);
  return parseExportLine(scanner, json, 0, json.length).avro;
}

/** What the same item's line in DynamoDB JSON becomes. */
function avroOfJson(item: Attributes): Buffer {
  const json = Buffer.from(`{"Item":${toJson(item)}}`);
  return parseExportLine(scanner, json, 0, json.length).avro;
}

describe('a line of text Ion', () => {
  test('as the developer guide shows it becomes the line of DynamoDB JSON', () => {
    const line =
      '$ion_1_0 {Item:{Authors:$dynamodb_SS::["Author1","Author2"],Dimensions:"8.5 x 11.0 x 1.5",ISBN:"333-3333333333",Id:103.,InPublication:false,PageCount:6d2,Price:2d3}}';
    const json =
      '{"Item":{"Authors":{"SS":["Author1","Author2"]},"Dimensions":{"S":"8.5 x 11.0 x 1.5"},"ISBN":{"S":"333-3333333333"},"Id":{"N":"103"},"InPublication":{"BOOL":false},"PageCount":{"N":"600"},"Price":{"N":"2000"}}}';
    expect(avroOf(line)).toEqual(parseExportLine(scanner, Buffer.from(json), 0, json.length).avro);
  });

  test('as DynamoDB writes it, is the record that the JSON path makes', () => {
    const writer = new IonWriter();
    fc.assert(fc.property(attributes, (item) => avroOf(writer.itemLine(item)).equals(avroOfJson(item))));
  });

  test('in any spelling is the record that the JSON path makes', () => {
    fc.assert(
      fc.property(attributes, seeds, (item, seed) => {
        const line = new IonWriter(seed).itemLine(item);
        expect(avroOf(line)).toEqual(avroOfJson(item));
      }),
      { numRuns: 150 },
    );
  });

  test('of Amazon’s own writer, compact or pretty, is the record that the JSON path makes', () => {
    fc.assert(
      fc.property(attributes, fc.boolean(), (item, pretty) => {
        expect(avroOf(oracleLine(item, pretty))).toEqual(avroOfJson(item));
      }),
      { numRuns: 150 },
    );
  });

  test('of an incremental export is the row that the JSON path makes', () => {
    const image = (item: Attributes | null) => (item === null ? 'null' : toJson(item));
    const images = fc.option(attributes);
    fc.assert(
      fc.property(attributes, images, images, seeds, (keys, before, after, seed) => {
        const empty = after?.size === 0 ? null : after;
        const ion = jsonOf(new IonWriter(seed).windowLine(keys, empty, before));
        const json = Buffer.from(`{"Metadata":{},"Keys":${toJson(keys)},"NewImage":${image(empty)}}`);
        const row = (line: Buffer) => parseWindowLine(scanner, line, 0, line.length);
        expect(row(Buffer.from(ion))).toEqual(row(json));
      }),
    );
  });

  test('that is damaged is never read as something else than Amazon’s own reader reads', () => {
    let read = 0;
    fc.assert(
      fc.property(attributes, seeds, (item, seed) => {
        const line = mutated(seed % 2 === 0 ? oracleLine(item, false) : new IonWriter().itemLine(item), seed);
        const ours = outcome(() => decodeAttributes(avroOf(line)));
        if (ours instanceof CodecError) return;
        read++;
        expect(ours).toEqual(decodeAttributes(encodeAttributes(oracleItem(line))));
      }),
      { numRuns: 600 },
    );
    expect(read).toBeGreaterThan(50);
  });
});

/** The line with one byte removed, doubled, or replaced by another that means something in Ion. */
function mutated(line: string, seed: number): Buffer {
  const random = generator(seed);
  const bytes = Buffer.from(line);
  const at = random(bytes.length);
  const other = Buffer.from('{}[](),:"\'\\/*$.-+019deDxaTnull \t')[random(31)]!;
  const insert = [[], [bytes[at]!, bytes[at]!], [other], [other, bytes[at]!]][random(4)]!;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(insert), bytes.subarray(at + 1)]);
}

function outcome<T>(run: () => T): T | CodecError {
  try {
    return run();
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}
