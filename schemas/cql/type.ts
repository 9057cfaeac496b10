/** CQL types that an attribute can become; `varchar` is another name of `text`. A `counter` and a `duration` cannot. */
export type NativeTypeName =
  | 'ascii'
  | 'bigint'
  | 'blob'
  | 'boolean'
  | 'date'
  | 'decimal'
  | 'double'
  | 'float'
  | 'inet'
  | 'int'
  | 'smallint'
  | 'text'
  | 'time'
  | 'timestamp'
  | 'timeuuid'
  | 'tinyint'
  | 'uuid'
  | 'varint';

export type CqlType =
  | { readonly kind: 'native'; readonly name: NativeTypeName }
  | { readonly kind: 'list' | 'set'; readonly frozen: boolean; readonly element: CqlType }
  | { readonly kind: 'map'; readonly frozen: boolean; readonly key: CqlType; readonly value: CqlType }
  /** Always frozen. */
  | { readonly kind: 'tuple'; readonly elements: readonly CqlType[] }
  | {
      readonly kind: 'udt';
      readonly frozen: boolean;
      readonly name: string;
      readonly fields: readonly UdtField[];
    };

export interface UdtField {
  readonly name: string;
  readonly type: CqlType;
}
