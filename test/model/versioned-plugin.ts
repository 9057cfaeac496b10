import { z } from 'zod';
import type { SinkConnector } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { isOff } from './naive.ts';
import { numberOf } from './target.ts';
import type { Process, VirtualTime } from './virtual-time.ts';

/** A target whose writes carry their version: the highest wins, in whatever order they come (rule C6). */
export class VersionedTarget {
  readonly #rows = new Map<string, { version: number; n: number | null }>();
  readonly #time: VirtualTime;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** As `replay --recreate` leaves it. */
  recreate(): void {
    this.#rows.clear();
  }

  value(key: string): number | null {
    return this.#rows.get(key)?.n ?? null;
  }

  /** Writes in any order, some twice, some much later; now and then the answer is lost. */
  connector(process: Process): SinkConnector<unknown> {
    const time = this.#time;
    return {
      name: 'VersionedSink',
      summary: 'A model of a target with client timestamps.',
      options: z.unknown(),
      supports: { version: true },
      targetTable: (_options, table) => table,
      fingerprint: () => '1',
      check: () => Promise.resolve([]),
      prepare: () => Promise.resolve({}),
      drop: () => Promise.resolve(),
      open: async () => ({
        adopt: () => Promise.resolve(),
        put: async (_table, _lane, batch) => {
          const isLost = time.random.chance(0.05);
          for (const record of batch) {
            this.#later(record, time.random.between(0, 200));
            if (time.random.chance(0.1)) this.#later(record, time.random.between(0, 15_000));
          }
          await new Promise<void>((resolve) => time.at(201, process, resolve));
          if (isLost) throw new ConnectError('TARGET_UNREACHABLE', 'no answer');
          return [];
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
      rows: () => Promise.reject(new Error('not read back')) as never,
      lookUp: () => Promise.resolve([]),
    };
  }

  #later({ key, after, version }: ChangeRecord, afterMs: number): void {
    const name = key.toString('latin1');
    const n = after === null ? null : numberOf(after.json);
    this.#time.at(afterMs, null, () => {
      const stamp = isOff('C6.version') ? this.#time.nowMs : version;
      const old = this.#rows.get(name);
      if (!old || stamp > old.version) this.#rows.set(name, { version: stamp, n });
    });
  }
}
