import { randomFrom } from './random.ts';

export const operationKinds = ['put', 'update', 'replace', 'delete'] as const;
export type OperationKind = (typeof operationKinds)[number];

/** One write of the workload; `number` makes its content differ from every other's, so that it is a change. */
export interface Operation {
  readonly number: number;
  readonly kind: OperationKind;
  /** Number of the item it writes. */
  readonly index: number;
}

export const effects = ['c', 'u', 'd', 'none', 'unknown'] as const;

/**
 * What the table's stream shows for a write: create, update, delete, or nothing.
 *
 * `unknown`: an answer was lost, and the next one told that the write had been executed, or had nothing to do: one record or none.
 */
export type Effect = (typeof effects)[number];

/** Each kind as often as it is to come, at any place. */
export type Mix = readonly [OperationKind, ...OperationKind[]];

/** Three puts, four updates, one replacement and two deletes in ten. */
export const USUAL_MIX: Mix = [
  'put',
  'put',
  'update',
  'update',
  'update',
  'replace',
  'delete',
  'delete',
  'put',
  'update',
];

export interface Spread {
  /** Items loaded before. */
  readonly items: number;
  /** Every second write goes to one of the first `hotKeys` items; one in ten to keys beyond `items`. */
  readonly hotKeys: number;
  /** Default: {@link USUAL_MIX}. */
  readonly mix?: Mix;
}

/** The write with this number: the same for the same seed and spread. */
export function operationOf(seed: number, number: number, spread: Spread): Operation {
  const random = randomFrom(seed, number, 2);
  const items = Math.max(1, spread.items);
  const choice = random.below(10);
  const beyond = () => items + random.below(Math.max(20, Math.floor(items / 10)));
  const index = choice < 5 ? random.below(spread.hotKeys) : choice < 9 ? random.below(items) : beyond();
  return { number, kind: random.pick(spread.mix ?? USUAL_MIX), index };
}
