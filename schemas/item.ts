import { decodeAttributes } from './decode.ts';
import { itemDigest } from './digest.ts';
import { encodeAttributes } from './encode.ts';
import { notJson } from './json-bytes.ts';
import { itemToJson } from './json-writer.ts';
import { scanItem } from './scanner.ts';
import type { Attributes } from './values.ts';

/**
 * All attributes of one key, with three faces: Avro bytes (what travels), DynamoDB JSON bytes (what a request holds) and
 * objects (what transforms and mappings ask for). A face is made when it is asked for, and kept.
 *
 * An item that nobody looks into goes from the export to the target without ever having the third. Faces are shared: never
 * write into one.
 */
export class Item {
  private avroBytes: Buffer | null;
  private jsonBytes: Buffer | null = null;
  private objects: Attributes | null;

  private constructor(avro: Buffer | null, attributes: Attributes | null) {
    this.avroBytes = avro;
    this.objects = attributes;
  }

  /** From Avro bytes, which are taken as they are; if they are wrong, the faces made of them throw. */
  static fromAvro(bytes: Buffer): Item {
    return new Item(bytes, null);
  }

  /** From DynamoDB JSON bytes that hold an attribute map and nothing else. They are checked here and not kept. */
  static fromJson(bytes: Buffer): Item {
    const { avro, end } = scanItem(bytes, 0, bytes.length);
    for (let p = end; p < bytes.length; p++)
      if (bytes[p]! > 0x20) throw notJson('something follows the item', p);
    return new Item(avro, null);
  }

  /** From objects; what DynamoDB could not hold is found when the bytes are asked for. */
  static fromAttributes(attributes: Attributes): Item {
    return new Item(null, attributes);
  }

  /** The body of an Avro map of AttributeValue (change.avsc), not framed. */
  get avro(): Buffer {
    this.avroBytes ??= encodeAttributes(this.objects!);
    return this.avroBytes;
  }

  /** DynamoDB JSON: `{"Artist":{"S":"x"},…}`. */
  get json(): Buffer {
    this.jsonBytes ??= itemToJson(this.avro);
    return this.jsonBytes;
  }

  get attributes(): Attributes {
    this.objects ??= decodeAttributes(this.avro);
    return this.objects;
  }

  /** The objects where they are there already, else null: for a look that makes none. */
  get made(): Attributes | null {
    return this.objects;
  }

  /** Whether both hold the same values, in whatever order. */
  equals(other: Item): boolean {
    return this.avro.equals(other.avro) || itemDigest(this.avro).equals(itemDigest(other.avro));
  }
}
