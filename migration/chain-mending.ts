import { type Clock, systemClock } from '../connectors/clock.ts';
import { asConnectError, ConnectError } from '../connectors/errors.ts';
import type { Logger } from '../connectors/log.ts';
import { statusKeys } from '../connectors/runtime/status-log.ts';
import { awaitsMending, rememberMending } from './chain-mended.ts';
import type { Migration } from './config/defaults.ts';
import { connectorNames } from './config/names.ts';
import type { MigrationStatus, TableStatus } from './status.ts';
import type { TopicsView } from './topics-view.ts';
import { type RepairResult, repairTable } from './verify/repair-table.ts';

/** A try reads the whole table at the source: the next one waits, longer each time. */
const BACKOFF_MS = 60_000;
const BACKOFF_MAX_MS = 30 * 60_000;

/** What mending needs of a migration. */
export interface MendingWorld {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Logger;
  readonly lagSeconds: number;
  /** One process mends, of all that run the migration: false in the others. */
  leads(): boolean;
  awaits(table: string): boolean;
  mend(table: string, signal: AbortSignal): Promise<RepairResult>;
  remember(table: string): Promise<void>;
}

/** @param workerId of this process, as its tasks say it in the status topic. */
export function mendingWorld(
  migration: Migration,
  view: TopicsView,
  workerId: string,
  log: Logger,
): MendingWorld {
  const { name, ready } = migration;
  const { sink, snapshot } = connectorNames(migration);
  return {
    clock: systemClock,
    log,
    lagSeconds: ready.lagSeconds,
    leads: () => isRunBy(view, snapshot, workerId),
    awaits: (table) => awaitsMending(view.catalog, sink, table),
    mend: (table, signal) => repairTable(migration, view, table, signal, log),
    remember: (table) => rememberMending(name, view, sink, table),
  };
}

/** Does this worker run the first task of a connector? Of all that run the migration one does. */
function isRunBy({ status }: TopicsView, connector: string, workerId: string): boolean {
  const said = status.get(statusKeys.task(connector, 0));
  if (said === null) return false;
  const { state, worker_id } = JSON.parse(said) as { state: string; worker_id: string };
  return state === 'RUNNING' && worker_id === workerId;
}

/** Mends the tables that need it, one after the other, while the migration follows their changes. */
export class ChainMending {
  readonly #world: MendingWorld;
  readonly #failures = new Map<string, ConnectError>();
  /** Tables that were tried in vain: how often, and when they are tried again. */
  readonly #vain = new Map<string, { readonly tries: number; readonly nextMs: number }>();
  #stop = new AbortController();
  #running: Promise<void> | null = null;

  constructor(world: MendingWorld) {
    this.#world = world;
  }

  /** Tables that cannot be mended, with why. */
  get failures(): ReadonlyMap<string, ConnectError> {
    return this.#failures;
  }

  /** Begins with the next table that has caught up and was not mended yet; breaks off what another process took over. */
  look({ tables }: MigrationStatus): void {
    const leads = this.#world.leads();
    if (!leads) this.#stop.abort(new Error('another process mends'));
    if (!leads || this.#running !== null) return;
    const next = tables.find((one) => this.#isDue(one));
    if (next === undefined) return;
    this.#stop = new AbortController();
    this.#running = this.#mend(next.table, this.#stop.signal).finally(() => {
      this.#running = null;
    });
  }

  /** Breaks off what is under way; the next run begins with the table again. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopping'));
    await this.#running;
  }

  #isDue({ table, phase, changes }: TableStatus): boolean {
    const { clock, lagSeconds, awaits } = this.#world;
    const isCaughtUp = phase === 'following' && (changes.lagSeconds ?? Infinity) <= lagSeconds;
    const isResting = clock.monotonic() < (this.#vain.get(table)?.nextMs ?? 0);
    return isCaughtUp && !isResting && !this.#failures.has(table) && awaits(table);
  }

  async #mend(table: string, signal: AbortSignal): Promise<void> {
    const { log, mend, remember } = this.#world;
    log.info({ table }, 'compared with its source, because it came in windows (rule C1)');
    try {
      const { report, settled } = await mend(table, signal);
      const { compared, repaired = 0, unsettled = 0, immovable = 0, refused = 0 } = report;
      if (immovable > 0) throw unmended(table, immovable);
      if (!settled) return this.#rest(table, { unsettled }, 'rows that were written changed meanwhile');
      log.info({ table, compared, repaired, refused }, 'mended');
      await remember(table);
      this.#vain.delete(table);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asConnectError(thrown);
      this.#rest(table, { code: error.code }, error.message);
      if (error.remedy !== 'retry') this.#failures.set(table, error);
    }
  }

  #rest(table: string, detail: Readonly<Record<string, string | number>>, why: string): void {
    const tries = (this.#vain.get(table)?.tries ?? 0) + 1;
    const restMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(tries - 1, 10));
    this.#vain.set(table, { tries, nextMs: this.#world.clock.monotonic() + restMs });
    this.#world.log.warn({ table, ...detail }, `not mended: ${why}`);
  }
}

function unmended(table: string, rows: number): ConnectError {
  const said = `${rows} rows of table ${table} differ from the source, and the target keeps them as they are`;
  return new ConnectError('TARGET_UNMENDED', said, { detail: { table, rows } });
}
