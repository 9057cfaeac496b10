import { BRANCH, checkDepth } from './attribute-types.ts';
import { SlabWriter } from './bytes.ts';
import { CodecError } from './faults.ts';
import { canonicalNumber } from './numbers.ts';
import type { Attributes, AttributeValue } from './values.ts';

const slabs = new SlabWriter();

/**
 * The Avro bytes of an item given as objects, numbers in canonical form: the same bytes that the scanner makes of its JSON.
 *
 * @throws CodecError for what DynamoDB could not hold: UNKNOWN_TYPE, NUMBER_…, UTF8_INVALID, SET_INVALID, NESTING_TOO_DEEP
 */
export function encodeAttributes(attributes: Attributes): Buffer {
  slabs.drop();
  writeMap(slabs, attributes, 0);
  return slabs.take();
}

/** The Avro bytes of one AttributeValue, its branch first; throws as {@link encodeAttributes} does. */
export function encodeValue(value: AttributeValue): Buffer {
  slabs.drop();
  writeValue(slabs, value, 0);
  return slabs.take();
}

function writeMap(out: SlabWriter, map: Attributes, depth: number): void {
  if (map.size > 0) out.long(map.size);
  for (const [name, value] of map) {
    out.text(name);
    writeValue(out, value, depth);
  }
  out.byte(0);
}

function writeValue(out: SlabWriter, value: AttributeValue, depth: number): void {
  if (Object.keys(value).length !== 1)
    throw new CodecError('UNKNOWN_TYPE', 'An attribute value has not one type');
  if ('S' in value) {
    out.byte(BRANCH.S);
    out.text(value.S);
  } else if ('N' in value) {
    out.byte(BRANCH.N);
    out.text(canonicalNumber(value.N));
  } else if ('B' in value) {
    out.byte(BRANCH.B);
    out.bytes(value.B);
  } else if ('BOOL' in value) {
    out.byte(BRANCH.BOOL);
    out.byte(value.BOOL ? 1 : 0);
  } else if ('NULL' in value) {
    if (value.NULL !== true) throw new CodecError('UNKNOWN_TYPE', 'A NULL is not true');
    out.byte(BRANCH.NULL);
  } else if ('M' in value) {
    checkDepth(depth + 1);
    out.byte(BRANCH.M);
    writeMap(out, value.M, depth + 1);
  } else if ('L' in value) {
    checkDepth(depth + 1);
    out.byte(BRANCH.L);
    if (value.L.length > 0) out.long(value.L.length);
    for (const element of value.L) writeValue(out, element, depth + 1);
    out.byte(0);
  } else {
    writeSet(out, value);
  }
}

function writeSet(out: SlabWriter, value: AttributeValue): void {
  if ('SS' in value) {
    checkSet(value.SS);
    out.byte(BRANCH.SS);
    out.long(value.SS.length);
    for (const element of value.SS) out.text(element);
  } else if ('NS' in value) {
    const numbers = value.NS.map((element) => canonicalNumber(element));
    checkSet(numbers);
    out.byte(BRANCH.NS);
    out.long(numbers.length);
    for (const element of numbers) out.text(element);
  } else if ('BS' in value) {
    checkSet(value.BS.map((element) => Buffer.from(element).toString('latin1')));
    out.byte(BRANCH.BS);
    out.long(value.BS.length);
    for (const element of value.BS) out.bytes(element);
  } else {
    throw new CodecError('UNKNOWN_TYPE', 'An attribute value has a type that DynamoDB does not know');
  }
  out.byte(0);
}

function checkSet(elements: readonly string[]): void {
  if (elements.length === 0) throw new CodecError('SET_INVALID', 'A set is empty');
  if (new Set(elements).size !== elements.length) {
    throw new CodecError('SET_INVALID', 'An element comes twice in a set');
  }
}
