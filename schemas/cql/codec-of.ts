import type { KeyType } from '../values.ts';
import { ScalarCodec, type ScalarForm } from './avro-codec.ts';
import { BooleanCodec } from './boolean-codec.ts';
import { date, time } from './calendar-forms.ts';
import { decimal } from './decimal-form.ts';
import { double, float } from './float-forms.ts';
import { inet } from './inet-form.ts';
import { bigint, int, smallint, tinyint, varint } from './integer-forms.ts';
import { JsonCodec } from './json-codec.ts';
import { ListCodec } from './list-codec.ts';
import { MapCodec } from './map-codec.ts';
import { SetCodec } from './set-codec.ts';
import { ascii, blob, text } from './text-forms.ts';
import { timestamp } from './timestamp-form.ts';
import { TupleCodec } from './tuple-codec.ts';
import type { CqlType, NativeTypeName } from './type.ts';
import { UdtCodec } from './udt-codec.ts';
import { timeuuid, uuid } from './uuid-forms.ts';
import type { ValueCodec, ValueRules } from './value-codec.ts';

export const defaultRules: ValueRules = { unit: 'milliseconds', lossy: false, json: false };

/**
 * The codec of a type.
 *
 * @param rules hold for the parts of a type too. With `json`, text holds any attribute wherever it is a value: so a
 *   `map<text, text>` of leftovers is an M whose members are written as JSON. Keys of maps and elements of sets stay plain.
 */
export function codecOf(type: CqlType, rules: ValueRules): ValueCodec {
  const plain: ValueRules = { ...rules, json: false };
  switch (type.kind) {
    case 'native':
      if (type.name === 'boolean') return new BooleanCodec();
      if (type.name === 'text' && rules.json) return new JsonCodec();
      return new ScalarCodec(type, formOf(type.name, rules));
    case 'list':
      return new ListCodec({ ...type, kind: 'list' }, codecOf(type.element, rules));
    case 'set':
      return new SetCodec({ ...type, kind: 'set' }, codecOf(type.element, plain));
    case 'map':
      return new MapCodec(type, codecOf(type.key, plain), codecOf(type.value, rules));
    case 'tuple':
      return new TupleCodec(
        type,
        type.elements.map((element) => codecOf(element, rules)),
      );
    default:
      return new UdtCodec(
        type,
        type.fields.map((field) => codecOf(field.type, rules)),
      );
  }
}

/** Whether a column of this type gives back every key attribute of this type that it takes. */
export function canReverse(type: CqlType, rules: ValueRules, keyType: KeyType): boolean {
  if (type.kind !== 'native') return false;
  switch (type.name) {
    case 'text':
      return rules.json || keyType === 'S';
    case 'ascii':
    case 'uuid':
    case 'timeuuid':
    case 'inet':
    case 'date':
    case 'time':
      return keyType === 'S';
    case 'blob':
      return keyType === 'B';
    case 'boolean':
      return false;
    default:
      return keyType === 'N';
  }
}

function formOf(name: Exclude<NativeTypeName, 'boolean'>, rules: ValueRules): ScalarForm {
  switch (name) {
    case 'float':
      return float(rules.lossy);
    case 'double':
      return double(rules.lossy);
    case 'timestamp':
      return timestamp(rules.unit);
    default:
      return FORMS[name];
  }
}

const FORMS: Readonly<
  Record<Exclude<NativeTypeName, 'boolean' | 'float' | 'double' | 'timestamp'>, ScalarForm>
> = { ascii, bigint, blob, date, decimal, inet, int, smallint, text, time, timeuuid, tinyint, uuid, varint };
