import cassandra from 'cassandra-driver';
import type { CqlType, NativeTypeName } from '../../../../schemas/cql/type.ts';
import type { AttributeValue } from '../../../../schemas/values.ts';

interface DriverType {
  readonly code: number;
  readonly info?: unknown;
}

/** The driver's own encoder, which its type declarations leave out. */
interface DriverEncoder {
  encode(value: unknown, type: DriverType): Buffer;
}

const { Encoder } = cassandra as unknown as {
  Encoder: new (protocolVersion: number, options: object) => DriverEncoder;
};
const { types } = cassandra;
const encoder = new Encoder(4, { encoding: { map: Map } });

/** What the driver sends for a value of its own kind. */
export function driverBytes(type: CqlType, value: unknown): Buffer {
  return encoder.encode(value, driverType(type));
}

/** The value that the driver wants where a column of this type holds the attribute. */
export function driverValue(type: CqlType, value: AttributeValue): unknown {
  switch (type.kind) {
    case 'native':
      return scalarValue(type.name, value);
    case 'list':
      return 'L' in value ? value.L.map((e) => driverValue(type.element, e)) : null;
    case 'set':
      return setElements(value).map((e) => driverValue(type.element, e));
    case 'map':
      return 'M' in value
        ? new Map([...value.M].map(([k, v]) => [driverValue(type.key, { S: k }), driverValue(type.value, v)]))
        : null;
    case 'tuple':
      return 'L' in value
        ? types.Tuple.fromArray(value.L.map((e, i) => driverValue(type.elements[i]!, e)))
        : null;
    default:
      return 'M' in value
        ? Object.fromEntries(
            type.fields.map(({ name, type: of }) => {
              const member = value.M.get(name);
              return [name, member === undefined ? null : driverValue(of, member)];
            }),
          )
        : null;
  }
}

function setElements(value: AttributeValue): AttributeValue[] {
  if ('SS' in value) return value.SS.map((S) => ({ S }));
  if ('NS' in value) return value.NS.map((N) => ({ N }));
  if ('BS' in value) return value.BS.map((B) => ({ B }));
  return [];
}

function scalarValue(name: NativeTypeName, value: AttributeValue): unknown {
  if ('BOOL' in value) return value.BOOL;
  if ('B' in value) return Buffer.from(value.B);
  const text = 'S' in value ? value.S : 'N' in value ? value.N : '';
  switch (name) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'float':
    case 'double':
      return Number(text);
    case 'bigint':
      return types.Long.fromString(text);
    case 'varint':
      return types.Integer.fromString(text);
    case 'decimal':
      return types.BigDecimal.fromString(text);
    case 'uuid':
      return types.Uuid.fromString(text.toLowerCase());
    case 'timeuuid':
      return types.TimeUuid.fromString(text.toLowerCase());
    case 'inet':
      return types.InetAddress.fromString(text);
    case 'date':
      return types.LocalDate.fromString(text);
    case 'time':
      return types.LocalTime.fromString(text);
    case 'timestamp':
      return 'N' in value ? types.Long.fromString(text) : new Date(text);
    default:
      return text;
  }
}

function driverType(type: CqlType): DriverType {
  const codes = types.dataTypes;
  switch (type.kind) {
    case 'native':
      return { code: codes[type.name] };
    case 'list':
    case 'set':
      return { code: codes[type.kind], info: driverType(type.element) };
    case 'map':
      return { code: codes.map, info: [driverType(type.key), driverType(type.value)] };
    case 'tuple':
      return { code: codes.tuple, info: type.elements.map(driverType) };
    default:
      return {
        code: codes.udt,
        info: {
          name: type.name,
          fields: type.fields.map((f) => ({ name: f.name, type: driverType(f.type) })),
        },
      };
  }
}
