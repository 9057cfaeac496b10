import type { Transaction } from './broker.ts';
import { DATA_TOPIC } from './group-site.ts';
import type { Process } from './virtual-time.ts';

/** A task that somebody runs. */
export interface Run {
  readonly key: string;
  readonly process: Process;
  readonly config: string;
  readonly tasks: number;
}

/** Who may write a lane, as it sees it itself. */
export interface Holder {
  readonly process: Process;
  leaseValid(): boolean;
}

/** Sees all that the tasks of a group do, and what of it must not be. */
export class GroupLedger {
  readonly violations: string[] = [];
  readonly runs = new Set<Run>();
  /** Of each source partition: number of its next record. */
  readonly #next = new Map<string, number>();
  readonly #holders = new Map<string, Set<Holder>>();
  /** By lane: the generation that its last executed write was sent in. */
  readonly #written = new Map<string, number>();
  published = 0;
  writes = 0;

  /** Rule C3: each record of a partition once, in order, whoever publishes it. */
  committed({ id, appended }: Transaction): void {
    for (const { topic, records } of appended) {
      if (topic !== DATA_TOPIC) continue;
      for (const { key, value } of records) {
        const partition = String(key);
        const number = Number(value);
        const expected = this.#next.get(partition) ?? 0;
        if (number !== expected) {
          this.violations.push(`C3: ${id} publishes ${partition}/${number}, ${expected} is the next`);
        }
        this.#next.set(partition, number + 1);
        this.published++;
      }
    }
  }

  holds(lane: string, holder: Holder): void {
    const holders = this.#holders.get(lane) ?? new Set();
    this.#holders.set(lane, holders.add(holder));
  }

  releases(lane: string, holder: Holder): void {
    this.#holders.get(lane)?.delete(holder);
  }

  /** Rule C7: whoever sends a write is the only one whose lease says that it may. */
  sends(lane: string, holder: Holder): void {
    for (const other of this.#holders.get(lane) ?? []) {
      if (other === holder || !other.process.alive || !other.leaseValid()) continue;
      this.violations.push(`C7: ${lane} is ${other.process.name}'s and ${holder.process.name}'s`);
    }
  }

  /** Rule C7: nothing of an earlier owner is executed after a write of a later one. */
  executes(lane: string, generation: number): void {
    const last = this.#written.get(lane) ?? 0;
    if (generation < last)
      this.violations.push(`C7: a write to ${lane} of generation ${generation} after one of ${last}`);
    this.#written.set(lane, Math.max(last, generation));
    this.writes++;
  }
}
