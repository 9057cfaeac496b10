import type { Mender, Mending, MendOutcome } from '../../../connectors/connector.ts';
import type { RepairJournal } from '../../../migration/verify/repair-journal.ts';
import type { TableReport } from '../../../migration/verify/report.ts';
import { verifyTable } from '../../../migration/verify/verify-table.ts';
import { decodeKey } from '../../../schemas/key.ts';
import { VerifyWorld } from './verify-world.ts';

export const lagMs = 4000;
export const quietMs = 60_000;
export const settleMs = 11_000;

/** What becomes of a write: `late` is executed only then, ms; the answer of all but `done` is lost. */
export type Fate = 'done' | 'lost' | 'never' | { readonly lateMs: number } | 'kill';

export interface RepairOptions {
  readonly against?: 'source' | 'topics';
  /** In turn; default: all are done. */
  readonly fates?: readonly Fate[];
  readonly isConditional?: boolean;
  readonly settleMs?: number;
  readonly patienceMs?: number;
  readonly keys?: readonly Buffer[] | null;
}

/** Ends a repair as SIGKILL does: what is under way at the target goes on. */
export class Killed extends Error {}

/** Rows of a target, some of which somebody has written with a later clock: until then nobody else's writes count. */
class StampedRows extends Map<string, string> {
  readonly laterUntil = new Map<string, number>();
  nowMs = () => 0;

  override set(id: string, value: string): this {
    return this.#isHeld(id) ? this : super.set(id, value);
  }

  override delete(id: string): boolean {
    return this.#isHeld(id) ? false : super.delete(id);
  }

  // A Map's constructor has no fields yet.
  #isHeld(id: string): boolean {
    return (this.laterUntil.get(id) ?? 0) > this.nowMs();
  }
}

/** A migration in memory whose target is damaged, and mended while the application and the sink go on writing. */
export class RepairWorld extends VerifyWorld {
  override readonly target = new StampedRows();
  /** Older images that were written over newer ones. */
  readonly regressions: string[] = [];
  readonly mended: { readonly id: string; readonly value: string | undefined; readonly atMs: number }[] = [];
  /** Keys whose rows the target cannot compare with what was seen, and such that it takes no row of. */
  readonly uncomparable = new Set<string>();
  readonly unwanted = new Set<string>();
  /** Keys whose rows the target never finds to be what was seen, however little is compared. */
  readonly unmatchable = new Set<string>();
  /** Keys whose rows are stamped with a time to come. */
  readonly stampedAhead = new Set<string>();
  /** What the journal holds: it outlives a kill. */
  pending: readonly string[] = [];
  #written = 0;

  constructor(rows: number) {
    super();
    this.target.nowMs = () => this.nowMs;
    for (let n = 0; n < rows; n++) this.settled(`row${n}`, `${n}`);
  }

  async repair(options: RepairOptions = {}): Promise<TableReport> {
    const { against = 'source', keys = null, patienceMs = 3 * quietMs } = options;
    const movement = this.movement(lagMs);
    return verifyTable({
      table: 'Music',
      source: against === 'source' ? this.side(this.source) : this.topicSide(movement),
      target: this.side(this.target),
      movement: () => Promise.resolve(movement),
      clock: this.clock,
      signal: new AbortController().signal,
      giveUp: () => {},
      lagMs,
      estimatedRows: null,
      sampleFraction: 1,
      keys,
      showKeys: true,
      repair: { mender: this.#mender(options), journal: this.#journal(), quietMs, patienceMs },
    });
  }

  readonly #journal = (): RepairJournal => ({
    wasInterrupted: this.pending.length > 0,
    begin: async (keys) => {
      this.pending = keys.map(idOf);
    },
    end: async () => {
      this.pending = [];
    },
  });

  #mender(options: RepairOptions): Mender {
    const { fates = ['done'], isConditional = true } = options;
    const mend = async (mendings: readonly Mending[]) => {
      const outcomes: MendOutcome[] = [];
      for (const mending of mendings) {
        if (!this.pending.includes(idOf(mending.key)))
          throw new Error('written before it was in the journal');
        const fate = fates[this.#written++ % fates.length]!;
        if (fate === 'kill') throw new Killed();
        // On its way to the node.
        this.advance(20);
        const execute = () => this.#execute(mending, isConditional);
        if (typeof fate === 'object') this.at(this.nowMs + fate.lateMs, execute);
        const outcome = fate === 'done' || fate === 'lost' ? execute() : 'unknown';
        outcomes.push(fate === 'done' ? outcome : 'unknown');
      }
      return outcomes;
    };
    return { settleMs: options.settleMs ?? settleMs, mend, [Symbol.asyncDispose]: async () => {} };
  }

  #execute({ key, seen, wanted, loosely }: Mending, isConditional: boolean): MendOutcome {
    const id = idOf(key);
    if (this.unwanted.has(id)) return 'refused';
    if (this.stampedAhead.has(id)) return 'later';
    if (this.unmatchable.has(id) || (this.uncomparable.has(id) && !loosely)) return 'changed';
    const now = this.target.get(id);
    if (isConditional && (seen === null ? undefined : textIn(seen)) !== now) return 'changed';
    const value = wanted === null ? undefined : textIn(wanted);
    // Values of the application are numbers that rise; a damaged row is older than any. Who deletes the newest knew less.
    const isOlder = value === undefined ? now === this.source.get(id) : Number(now) > Number(value);
    if (now !== undefined && isOlder) this.regressions.push(id);
    if (value === undefined) this.target.delete(id);
    else this.target.set(id, value);
    this.mended.push({ id, value, atMs: this.nowMs });
    return 'written';
  }
}

function idOf(key: Buffer): string {
  const id = decodeKey(key).get('id');
  return id !== undefined && 'S' in id ? id.S : '';
}

function textIn(item: NonNullable<Mending['wanted']>): string {
  const value = item.attributes.get('value');
  return value !== undefined && 'S' in value ? value.S : '';
}
