import { FRAME_BYTES } from '../framing.ts';
import type { Item } from '../item.ts';
import { encodeKey } from '../key.ts';
import type { AttributeValue, KeySchema } from '../values.ts';
import type { Expiry } from './expiry.ts';
import { keyRefusal } from './key-limits.ts';
import { leftoverCodec, leftoverNamed, leftoversCodec, leftoversType } from './leftovers.ts';
import type { MappedColumn } from './mapped-column.ts';
import { type LeftoversRule, RowBinder } from './row-binder.ts';
import type { BoundRow, CqlColumn, CqlTable, TableMapping, Unmappable } from './table-mapping.ts';
import type { CqlType } from './type.ts';

/** A mapping without a fault, taken apart. */
export interface MappingParts {
  readonly name: string;
  readonly options: string | null;
  readonly types: CqlTable['types'];
  /** Those of the partition key, the clustering key, and the others. */
  readonly columns: readonly MappedColumn[];
  /** Name of the leftovers column, or what else becomes of attributes that no column holds. */
  readonly leftovers: { readonly column: string } | Exclude<LeftoversRule, 'column' | 'ignored'>;
  readonly keySchema: KeySchema;
  /** Of each key attribute of the source the index of the column that gives it back; −1: the leftovers. */
  readonly holders: readonly number[];
  readonly rekeyed: boolean;
  readonly expiry: Expiry | null;
  readonly expired: 'keep' | 'delete';
  readonly fingerprint: string;
  readonly losses: readonly string[];
}

export class CompiledMapping implements TableMapping {
  readonly table: CqlTable;
  readonly rekeyed: boolean;
  readonly fingerprint: string;
  readonly losses: readonly string[];
  readonly expired: 'keep' | 'delete';
  readonly #parts: MappingParts;
  readonly #rows: RowBinder;
  readonly #keys: RowBinder;

  constructor(parts: MappingParts) {
    const { columns, leftovers } = parts;
    const inRole = (role: MappedColumn['role']): CqlColumn[] =>
      columns.filter((column) => column.role === role).map(({ name, type }) => ({ name, type }));
    const last = typeof leftovers === 'object' ? [{ name: leftovers.column, type: leftoversType }] : [];
    this.table = {
      name: parts.name,
      partitionKey: inRole('partition'),
      clusteringKey: inRole('clustering'),
      columns: [...inRole('regular'), ...last],
      types: parts.types,
      options: parts.options,
    };
    this.rekeyed = parts.rekeyed;
    this.fingerprint = parts.fingerprint;
    this.losses = parts.losses;
    this.expired = parts.expired;
    this.#parts = parts;
    this.#rows = new RowBinder(columns, typeof leftovers === 'object' ? 'column' : leftovers);
    this.#keys = new RowBinder(
      columns.filter(({ role }) => role !== 'regular'),
      'ignored',
    );
  }

  bind(item: Item): BoundRow | Unmappable {
    const { columns, expiry } = this.#parts;
    const rows = this.#rows;
    const refusal = rows.run(item.avro, 0) ?? keyRefusal(columns, rows.values);
    if (refusal !== null) return refusal;
    const { values, dropped, misfits } = rows;
    return { values, expiresAt: expiry === null ? null : expiry.of(values), dropped, misfits };
  }

  bindKey(item: Item): readonly Buffer[] | Unmappable {
    return this.#keyIn(item.avro, 0);
  }

  keyOf(framedKey: Buffer): readonly Buffer[] | Unmappable {
    return this.#keyIn(framedKey, FRAME_BYTES);
  }

  #keyIn(bytes: Buffer, from: number): readonly Buffer[] | Unmappable {
    const keys = this.#keys;
    const refusal = keys.run(bytes, from) ?? keyRefusal(this.#parts.columns, keys.values);
    return refusal ?? keys.values.filter((value) => value !== null);
  }

  sourceKeyOf(values: readonly (Buffer | null)[]): Buffer {
    const { keySchema, holders, columns } = this.#parts;
    const attributes = new Map<string, AttributeValue>();
    keySchema.forEach(({ name }, i) => {
      const holder = holders[i]!;
      const bytes = holder < 0 ? null : (values[holder] ?? null);
      if (bytes !== null) {
        attributes.set(name, columns[holder]!.codec.decode(bytes));
        return;
      }
      const all = values[columns.length] ?? null;
      const json = all === null ? null : leftoverNamed(all, Buffer.from(name));
      if (json !== null) attributes.set(name, leftoverCodec.decode(json));
    });
    return encodeKey(keySchema, attributes);
  }

  expiresAtOf(values: readonly (Buffer | null)[]): number | null {
    return this.#parts.expiry?.of(values) ?? null;
  }

  canonical(values: readonly (Buffer | null)[]): readonly (Buffer | null)[] {
    const { columns } = this.#parts;
    return values.map((bytes, i) => {
      if (bytes === null) return null;
      const column = columns[i];
      if (column === undefined) return leftoversCodec.canonical(bytes);
      return isNothing(column.type, bytes) ? null : column.codec.canonical(bytes);
    });
  }
}

/** Whether a server cannot tell these bytes from null: an empty collection, or nothing but null fields, that is not frozen. */
function isNothing(type: CqlType, bytes: Buffer): boolean {
  if (type.kind === 'native' || type.kind === 'tuple' || type.frozen) return false;
  if (type.kind !== 'udt') return bytes.length >= 4 && bytes.readInt32BE(0) === 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) if (bytes.readInt32BE(at) >= 0) return false;
  return true;
}
