import type * as group from '../../connectors/kafka/group.ts';
import type * as reporter from '../../connectors/runtime/reporter.ts';
import type * as wake from '../../connectors/runtime/wake.ts';

/*
 * Production modules that do the same with fewer events: what a history costs is what it wakes up for.
 */

/** As Kafka Connect has it: a third of the session. */
const HEARTBEAT_INTERVAL_MS = 3000;

export function sparingGroup(real: typeof group): typeof group {
  return {
    ...real,
    GroupMember: class extends real.GroupMember {
      constructor(...[client, options]: ConstructorParameters<typeof group.GroupMember>) {
        super(client, { ...options, heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS });
      }
    },
  };
}

/** Nobody here reads the status topic. */
export function sparingReporter(real: typeof reporter): typeof reporter {
  return {
    ...real,
    Reporter: class extends real.Reporter {
      override run(): Promise<void> {
        return Promise.resolve();
      }
    },
  };
}

/** What rings needs no second look a second later. */
export function sparingWake(real: typeof wake): typeof wake {
  return {
    ...real,
    Wake: class extends real.Wake {
      override wait(ms: number, signal: AbortSignal): Promise<void> {
        return super.wait(ms === 1000 ? 10_000 : ms, signal);
      }
    },
  };
}
