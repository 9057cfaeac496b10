import type { z } from 'zod';
import type { ConfigKeyInfo, ConfigType } from './config-infos.ts';
import type { FlatKey } from './flat/flat.ts';
import { leavesOf } from './flat/flat-leaves.ts';

export interface KeyScope {
  /** What stands before each key: `transforms.A.` */
  readonly prefix?: string;
  /** Group of keys that name none of their own. */
  readonly group?: string | null;
}

/**
 * The keys of a schema as Kafka Connect's REST API describes them, in its order. One that stands before names of one's own ends
 * in `*`.
 */
export function keyInfosOf(schema: z.ZodType, scope: KeyScope = {}): ConfigKeyInfo[] {
  return leavesOf(schema).map((key, index) => keyInfoOf(key, scope, index + 1));
}

/** @param order place in its group, from 1 */
export function keyInfoOf(
  key: FlatKey,
  { prefix = '', group = null }: KeyScope,
  order: number,
): ConfigKeyInfo {
  return {
    name: `${prefix}${key.key}${key.isPrefix ? '*' : ''}`,
    type: key.type,
    required: key.required,
    default_value: key.isSecret ? null : key.defaultValue,
    importance: key.importance,
    documentation: key.documentation,
    group: key.group ?? group,
    width: WIDTHS[key.type],
    display_name: key.displayName,
    dependents: [],
    order,
  };
}

const WIDTHS: Readonly<Record<ConfigType, ConfigKeyInfo['width']>> = {
  BOOLEAN: 'SHORT',
  SHORT: 'SHORT',
  INT: 'SHORT',
  LONG: 'SHORT',
  DOUBLE: 'SHORT',
  STRING: 'MEDIUM',
  PASSWORD: 'MEDIUM',
  CLASS: 'LONG',
  LIST: 'LONG',
};

/** Numbers the keys of each group anew, in the order they come. */
export function ordered(infos: readonly ConfigKeyInfo[]): ConfigKeyInfo[] {
  const places = new Map<string | null, number>();
  return infos.map((info) => {
    const order = (places.get(info.group) ?? 0) + 1;
    places.set(info.group, order);
    return { ...info, order };
  });
}
