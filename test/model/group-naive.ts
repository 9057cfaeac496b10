import type * as assignor from '../../connectors/kafka/assignor.ts';
import type { OwnedSlots } from '../../connectors/runtime/slot-units.ts';
import type * as generation from '../../connectors/runtime/source/generation.ts';
import type * as dealtSlots from '../../connectors/worker/group/dealt-slots.ts';
import type * as lostClasses from '../../connectors/worker/group/lost-classes.ts';
import type * as slots from '../../connectors/worker/group/slots.ts';
import type * as saidStatus from '../../connectors/worker/state/said-status.ts';
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
  count: 'each counts the slots when it begins',
  classes: 'slots go to members that have not the classes of what stands in them',
  parts: 'a slot with classes that nobody has together goes to one member as a whole',
  lost: 'nobody says of a class that no worker has it',
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
        isOffInGroup('classes') ? units.map(({ takers: _, ...unit }) => unit) : units,
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
      readonly #ever = new Map<string, Set<number>>();
      readonly #first = super.count;

      override balance(): void {
        if (!isOffInGroup('balance')) super.balance();
      }

      override of(className: string): OwnedSlots {
        const { owned } = super.of(className);
        // As many as it counts itself.
        const { count } = this;
        if (!isOffInGroup('unowned')) return { owned, count };
        const ever = this.#ever.get(className) ?? new Set();
        for (const slot of owned) ever.add(slot);
        this.#ever.set(className, ever);
        return { owned: ever, count };
      }

      override get count(): number {
        return isOffInGroup('count') ? this.#first : super.count;
      }
    },
  };
}

export function naiveDealtSlots(real: typeof dealtSlots): typeof dealtSlots {
  return {
    ...real,
    dealtSlots: (...asked) => {
      const units = real.dealtSlots(...asked);
      return isOffInGroup('parts') ? units.filter(({ id }) => id.split('/').length === 2) : units;
    },
  };
}

export function naiveLostClasses(real: typeof lostClasses): typeof lostClasses {
  return {
    ...real,
    LostClasses: class extends real.LostClasses {
      override has(className: string): boolean {
        return !isOffInGroup('lost') && super.has(className);
      }
    },
  };
}
