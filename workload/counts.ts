import { type Effect, effects, type OperationKind, operationKinds } from './operations.ts';

/** How many writes were acknowledged, by what was asked and by what the stream shows for it. */
export interface Counts {
  readonly operations: number;
  readonly byKind: Readonly<Record<OperationKind, number>>;
  readonly byEffect: Readonly<Record<Effect, number>>;
  readonly effects: Readonly<Record<OperationKind, Readonly<Record<Effect, number>>>>;
  /** Creations, among these, of items that were loaded before and deleted since. */
  readonly reinserts: number;
}

/** Counts while writes go on. */
export class Tally {
  readonly #effects = Object.fromEntries(
    operationKinds.map((kind) => [kind, { c: 0, u: 0, d: 0, none: 0, unknown: 0 }]),
  ) as Record<OperationKind, Record<Effect, number>>;
  #reinserts = 0;

  add(kind: OperationKind, effect: Effect, wasLoaded: boolean): void {
    this.#effects[kind][effect]++;
    if (effect === 'c' && wasLoaded) this.#reinserts++;
  }

  counts(): Counts {
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    const byKind = Object.fromEntries(
      operationKinds.map((kind) => [kind, sum(Object.values(this.#effects[kind]))]),
    ) as Record<OperationKind, number>;
    const byEffect = Object.fromEntries(
      effects.map((effect) => [effect, sum(operationKinds.map((kind) => this.#effects[kind][effect]))]),
    ) as Record<Effect, number>;
    const operations = sum(Object.values(byKind));
    return {
      operations,
      byKind,
      byEffect,
      effects: structuredClone(this.#effects),
      reinserts: this.#reinserts,
    };
  }
}
