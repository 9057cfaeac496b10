import { attributesFromJson } from '../../attributes-from-json.ts';
import type { ExportSpec } from './export-fixture.ts';
import { IonWriter } from './ion-writer.ts';

interface JsonLine {
  readonly Item?: object;
  readonly Keys?: object;
  readonly NewImage?: object;
  readonly OldImage?: object;
}

/** A line of DynamoDB JSON as the same export has it in text Ion. */
export function ionLine(line: string, seed?: number): string {
  const writer = new IonWriter(seed);
  const { Item, Keys, NewImage, OldImage } = JSON.parse(line) as JsonLine;
  if (Item) return writer.itemLine(attributesFromJson(Item));
  const image = (attributes: object | undefined) =>
    attributes === undefined ? null : attributesFromJson(attributes);
  return writer.windowLine(attributesFromJson(Keys), image(NewImage), image(OldImage));
}

/** The same export in text Ion. With a seed, each line in another spelling. */
export function inIon(spec: ExportSpec, seed?: number): ExportSpec {
  let lines = seed ?? 0;
  const files = spec.files.map((file) => {
    if (Buffer.isBuffer(file.lines)) throw new TypeError('whole lines were expected');
    const ion = file.lines.map((line) => ionLine(line, seed === undefined ? undefined : ++lines));
    return { ...file, name: file.name.replace('.json.gz', '.ion.gz'), lines: ion };
  });
  return { ...spec, files, summary: { ...spec.summary, outputFormat: 'ION' } };
}
