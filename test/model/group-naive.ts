import type * as assignor from '../../connectors/kafka/assignor.ts';
import type * as generation from '../../connectors/runtime/generation.ts';
import type * as saidStatus from '../../connectors/worker/said-status.ts';
import type * as slots from '../../connectors/worker/slots.ts';
import { switchOff } from './naive.ts';

/** What keeps the tasks of a worker group in order, and its absence. */
export const NAIVE_GROUP = {
  sticky: 'slots are dealt out anew at each rebalance',
  fencing: 'nobody is fenced',
  generation: 'a changed number of tasks fences nobody of the old distribution',
  lease: 'a sink task that slept goes on writing',
  affirm: 'a status is said once, whatever the topic says later',
  balance: 'nobody gives slots up when others are busy',
  unowned: 'what is lost to others runs on',
} as const;

export type NaiveGroupRule = keyof typeof NAIVE_GROUP;

let off: NaiveGroupRule | null = null;

/** Switches one of them off, for the histories that follow; null: all hold. */
export function switchOffInGroup(rule: NaiveGroupRule | null): void {
  off = rule;
  switchOff(rule === 'fencing' ? 'C3.fencing' : null);
}

export const isOffInGroup = (rule: NaiveGroupRule): boolean => off === rule;

export function naiveAssignor(real: typeof assignor): typeof assignor {
  return {
    ...real,
    assignUnits: (units, claims) =>
      real.assignUnits(
        units,
        isOffInGroup('sticky') ? claims.map((claim) => ({ ...claim, owned: [] })) : claims,
      ),
  };
}

export function naiveGeneration(real: typeof generation): typeof generation {
  return {
    ...real,
    Generation: class extends real.Generation {
      override fenced(...asked: Parameters<generation.Generation['fenced']>): Promise<void> {
        return isOffInGroup('generation') ? Promise.resolve() : super.fenced(...asked);
      }

      override standing(...asked: Parameters<generation.Generation['standing']>): Promise<void> {
        return isOffInGroup('generation') ? Promise.resolve() : super.standing(...asked);
      }
    },
  };
}

export function naiveSaidStatus(real: typeof saidStatus): typeof saidStatus {
  return {
    ...real,
    SaidStatus: class extends real.SaidStatus {
      override affirm(): Promise<void> {
        return isOffInGroup('affirm') ? Promise.resolve() : super.affirm();
      }
    },
  };
}

export function naiveSlots(real: typeof slots): typeof slots {
  return {
    ...real,
    Slots: class extends real.Slots {
      readonly #ever = new Set<number>();

      override balance(): void {
        if (!isOffInGroup('balance')) super.balance();
      }

      override get owned(): ReadonlySet<number> {
        if (!isOffInGroup('unowned')) return super.owned;
        for (const slot of super.owned) this.#ever.add(slot);
        return this.#ever;
      }
    },
  };
}
