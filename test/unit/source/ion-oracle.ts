import {
  Decimal,
  type IonType,
  IonTypes,
  makePrettyWriter,
  makeReader,
  makeTextWriter,
  type Reader,
  type Writer,
} from 'ion-js';
import { canonicalNumber } from '../../../schemas/numbers.ts';
import type { Attributes, AttributeValue } from '../../../schemas/values.ts';

/** Ion by Amazon's own library. */

/** The item's line, as the library's writer has it. */
export function oracleLine(item: Attributes, pretty: boolean): string {
  const writer = pretty ? makePrettyWriter(2) : makeTextWriter();
  writer.stepIn(IonTypes.STRUCT);
  writer.writeFieldName('Item');
  writeStruct(writer, item);
  writer.stepOut();
  writer.close();
  // Line feeds of strings are escaped; the others are whitespace.
  return `$ion_1_0 ${Buffer.from(writer.getBytes()).toString().replaceAll('\n', ' ')}`;
}

function writeStruct(writer: Writer, attributes: Attributes): void {
  writer.stepIn(IonTypes.STRUCT);
  for (const [name, value] of attributes) {
    writer.writeFieldName(name);
    writeValue(writer, value);
  }
  writer.stepOut();
}

function writeList(writer: Writer, values: readonly AttributeValue[]): void {
  writer.stepIn(IonTypes.LIST);
  for (const value of values) writeValue(writer, value);
  writer.stepOut();
}

function writeValue(writer: Writer, value: AttributeValue): void {
  if ('S' in value) writer.writeString(value.S);
  else if ('N' in value) writer.writeDecimal(Decimal.parse(value.N));
  else if ('B' in value) writer.writeBlob(value.B);
  else if ('BOOL' in value) writer.writeBoolean(value.BOOL);
  else if ('NULL' in value) writer.writeNull(IonTypes.NULL);
  else if ('M' in value) writeStruct(writer, value.M);
  else if ('L' in value) writeList(writer, value.L);
  else {
    const [type] = Object.keys(value);
    writer.setAnnotations([`$dynamodb_${type}`]);
    if ('SS' in value)
      writeList(
        writer,
        value.SS.map((S) => ({ S })),
      );
    else if ('NS' in value)
      writeList(
        writer,
        value.NS.map((N) => ({ N })),
      );
    else
      writeList(
        writer,
        value.BS.map((B) => ({ B })),
      );
  }
}

/** The item of a line, as the library's reader has it. Throws for what is no Ion, and for a value that is no attribute's. */
export function oracleItem(line: Buffer): Attributes {
  const reader = makeReader(line);
  const [record, ...more] = topLevelStructs(reader, () => readMembers(reader));
  if (record === undefined || more.length > 0) throw new Error('not one record');
  const item = record.get('Item');
  if (!item) throw new Error('no item');
  return item;
}

function topLevelStructs<T>(reader: Reader, read: () => T): T[] {
  const found: T[] = [];
  for (let type = reader.next(); type !== null; type = reader.next()) {
    if (type !== IonTypes.STRUCT || reader.isNull() || reader.annotations().length > 0)
      throw new Error('no struct');
    found.push(within(reader, read));
  }
  return found;
}

function within<T>(reader: Reader, read: () => T): T {
  reader.stepIn();
  const result = read();
  reader.stepOut();
  return result;
}

function readMembers(reader: Reader): Map<string, Attributes> {
  const members = new Map<string, Attributes>();
  for (let type = reader.next(); type !== null; type = reader.next()) {
    const name = reader.fieldName()!;
    if (name !== 'Item') continue;
    if (members.has(name) || type !== IonTypes.STRUCT) throw new Error('no item');
    members.set(
      name,
      within(reader, () => readStruct(reader)),
    );
  }
  return members;
}

function readStruct(reader: Reader): Attributes {
  const attributes = new Map<string, AttributeValue>();
  for (let type = reader.next(); type !== null; type = reader.next()) {
    const name = reader.fieldName()!;
    if (attributes.has(name)) throw new Error('a name twice');
    attributes.set(name, readValue(reader, type));
  }
  return attributes;
}

function readList(reader: Reader): AttributeValue[] {
  const values: AttributeValue[] = [];
  for (let type = reader.next(); type !== null; type = reader.next()) values.push(readValue(reader, type));
  return values;
}

function readValue(reader: Reader, type: IonType): AttributeValue {
  const [annotation, ...more] = reader.annotations();
  if (annotation !== undefined) {
    if (more.length > 0 || type !== IonTypes.LIST || reader.isNull()) throw new Error('another annotation');
    return setOf(
      annotation,
      within(reader, () => readList(reader)),
    );
  }
  if (reader.isNull()) return { NULL: true };
  if (type === IonTypes.STRING) return { S: reader.stringValue()! };
  if (type === IonTypes.BOOL) return { BOOL: reader.booleanValue()! };
  if (type === IonTypes.INT) return { N: canonicalNumber(String(reader.bigIntValue())) };
  if (type === IonTypes.DECIMAL) return { N: canonicalNumber(String(reader.decimalValue())) };
  if (type === IonTypes.BLOB) return { B: Buffer.from(reader.uInt8ArrayValue()!) };
  if (type === IonTypes.LIST) return { L: within(reader, () => readList(reader)) };
  if (type === IonTypes.STRUCT) return { M: within(reader, () => readStruct(reader)) };
  throw new Error(`no attribute: ${type.name}`);
}

function setOf(annotation: string, elements: readonly AttributeValue[]): AttributeValue {
  const texts = (tag: 'S' | 'N') =>
    elements.map((element) => {
      const text = (element as Record<string, unknown>)[tag];
      if (typeof text !== 'string') throw new Error('another type in a set');
      return text;
    });
  if (annotation === '$dynamodb_SS') return { SS: texts('S') };
  if (annotation === '$dynamodb_NS') return { NS: texts('N') };
  if (annotation !== '$dynamodb_BS') throw new Error('another annotation');
  const BS = elements.map((element) => {
    if (!('B' in element)) throw new Error('another type in a set');
    return element.B;
  });
  return { BS };
}
