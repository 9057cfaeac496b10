import type { AttributePath } from '../attribute-path.ts';
import type { CqlType } from './type.ts';
import type { ValueCodec, ValueRules } from './value-codec.ts';

/** What becomes of a value that its column's type cannot hold. */
export type OnMismatch = 'leftovers' | 'null' | 'dead-letter';

/** A column of a mapping, compiled: where its value stands in an item, and how it becomes bytes. */
export interface MappedColumn {
  readonly name: string;
  readonly type: CqlType;
  readonly path: AttributePath;
  readonly rules: ValueRules;
  readonly codec: ValueCodec;
  readonly onMismatch: OnMismatch;
  readonly role: 'partition' | 'clustering' | 'regular';
  /**
   * What is asked of the bytes. exact: they give back the very value, because the column tells whose row it is. canonical:
   * equal values have equal bytes, whatever the order of their sets and maps, because the column tells where the row stands.
   * any: nothing, or the type does both by itself.
   */
  readonly care: 'exact' | 'canonical' | 'any';
}

/** Types that give back all that they take, in the same form. */
const FAITHFUL = new Set<string>([
  'ascii',
  'bigint',
  'blob',
  'boolean',
  'decimal',
  'int',
  'smallint',
  'text',
  'tinyint',
  'varint',
]);

/** Whether a column gives back all that it takes, in the same form. */
export function isFaithful({ type, rules }: Pick<MappedColumn, 'type' | 'rules'>): boolean {
  return type.kind === 'native' && !rules.json && FAITHFUL.has(type.name);
}

/** Natives that a type consists of. */
export function nativesOf(type: CqlType): readonly string[] {
  switch (type.kind) {
    case 'native':
      return [type.name];
    case 'list':
    case 'set':
      return nativesOf(type.element);
    case 'map':
      return [...nativesOf(type.key), ...nativesOf(type.value)];
    case 'tuple':
      return type.elements.flatMap(nativesOf);
    default:
      return type.fields.flatMap((field) => nativesOf(field.type));
  }
}
