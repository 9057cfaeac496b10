import { asConnectError, type ConnectError } from '../connectors/errors.ts';
import type { Logger } from '../connectors/log.ts';
import { awaitsMending, rememberMending } from './chain-mended.ts';
import type { Migration } from './config/defaults.ts';
import { connectorNames } from './config/names.ts';
import type { MigrationStatus, TableStatus } from './status.ts';
import type { TopicsView } from './topics-view.ts';
import { repairTable } from './verify/repair-table.ts';

/** Mends the tables that need it, one after the other, while the migration follows their changes. */
export class ChainMending {
  readonly #migration: Migration;
  readonly #view: TopicsView;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #failures = new Map<string, ConnectError>();
  #running: Promise<void> | null = null;

  constructor(migration: Migration, view: TopicsView, log: Logger) {
    this.#migration = migration;
    this.#view = view;
    this.#log = log;
  }

  /** Tables that cannot be mended, with why. */
  get failures(): ReadonlyMap<string, ConnectError> {
    return this.#failures;
  }

  /** Begins with the next table that has caught up and was not mended yet. */
  look({ tables }: MigrationStatus): void {
    if (this.#running !== null) return;
    const next = tables.find((one) => this.#isDue(one));
    if (next === undefined) return;
    this.#running = this.#mend(next.table).finally(() => {
      this.#running = null;
    });
  }

  /** Breaks off what is under way; the next run begins with the table again. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopping'));
    await this.#running;
  }

  #isDue({ table, phase, changes }: TableStatus): boolean {
    const { lagSeconds } = changes;
    const isCaughtUp = phase === 'following' && (lagSeconds ?? Infinity) <= this.#migration.ready.lagSeconds;
    return isCaughtUp && !this.#failures.has(table) && awaitsMending(this.#view.catalog, this.#sink, table);
  }

  async #mend(table: string): Promise<void> {
    const { signal } = this.#stop;
    this.#log.info({ table }, 'compared with its source, because it came in windows (rule C1)');
    try {
      const { report, settled } = await repairTable(this.#migration, this.#view, table, signal, this.#log);
      this.#log.info({ table, compared: report.compared, repaired: report.repaired ?? 0 }, 'mended');
      if (settled) await rememberMending(this.#migration.name, this.#view, this.#sink, table);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asConnectError(thrown);
      this.#log.warn({ table, code: error.code }, `not mended: ${error.message}`);
      if (error.remedy !== 'retry') this.#failures.set(table, error);
    }
  }

  get #sink(): string {
    return connectorNames(this.#migration).sink;
  }
}
