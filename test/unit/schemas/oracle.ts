import avro from 'avsc';
import { schemaText } from '../../../schemas/framing.ts';
import type { Attributes, AttributeValue } from '../../../schemas/values.ts';

type Wrapped = Readonly<Record<string, unknown>>;

function schemaOf(name: 'change' | 'key' | 'marker'): avro.Schema {
  return JSON.parse(schemaText(name)) as avro.Schema;
}

const registry: { [name: string]: avro.Type } = {};
const options = { wrapUnions: 'always' as unknown as boolean, registry };

/** The published schemas as another Avro library reads them. */
export const changeType = avro.Type.forSchema(schemaOf('change'), options);
export const markerType = avro.Type.forSchema(schemaOf('marker'), {
  wrapUnions: 'always' as unknown as boolean,
});
export const keyType = avro.Type.forSchema(schemaOf('key'), { wrapUnions: 'always' as unknown as boolean });
export const itemType = avro.Type.forSchema({ type: 'map', values: 'messina.AttributeValue' }, options);

/** Attributes in the form the library wants. It cannot hold a name `__proto__`. */
export function wrap(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries([...attributes].map(([name, v]) => [name, { v: wrapValue(v) }]));
}

function wrapValue(v: AttributeValue): Wrapped {
  if ('S' in v) return { string: v.S };
  if ('N' in v) return { 'messina.N': { n: v.N } };
  if ('B' in v) return { bytes: Buffer.from(v.B) };
  if ('BOOL' in v) return { boolean: v.BOOL };
  if ('NULL' in v) return { 'messina.NULL': {} };
  if ('M' in v) return { map: wrap(v.M) };
  if ('L' in v) return { array: v.L.map((element) => ({ v: wrapValue(element) })) };
  if ('SS' in v) return { 'messina.SS': { ss: v.SS } };
  if ('NS' in v) return { 'messina.NS': { ns: v.NS } };
  return { 'messina.BS': { bs: v.BS.map((element) => Buffer.from(element)) } };
}

/** Whether the library can hold the item. */
export function holdable(attributes: Attributes): boolean {
  const fits = (v: AttributeValue): boolean => ('M' in v ? holdable(v.M) : 'L' in v ? v.L.every(fits) : true);
  return !attributes.has('__proto__') && [...attributes.values()].every(fits);
}
