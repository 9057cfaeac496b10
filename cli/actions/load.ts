import { refuse } from '../../connectors/refuse.ts';
import { isSelected } from '../../connectors/table-globs.ts';
import { sameTableProblems } from '../../migration/preflight.ts';
import { accessOf } from '../../migration/source-access.ts';
import { sourceFault } from '../../source/faults.ts';
import { FillError, type Filled, filledItems, loadItems } from '../../workload/fill.ts';
import type { Mix, OperationKind } from '../../workload/operations.ts';
import type { TableAddress } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import type { LoadOptions, LoadWorkload } from '../commands/load.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { LoadMix } from '../option-values.ts';
import type { Session } from '../session.ts';
import { addStream, type LoadedTable, openLoadTable } from './load-table.ts';
import { type LoadOutcome, loadDocument, loadText } from './load-text.ts';

const LOOK_MS = 200;

export async function runLoad(session: Session, options: LoadOptions): Promise<ExitCode> {
  const address = await addressOf(session, options);
  const table = await openLoadTable(address, options, session.signal);
  const { seed, paddingBytes, shape: size } = options;
  const { streams } = table;
  const common = { ...address, keys: table.keys, seed, shape: { size, paddingBytes } };
  const outcome = {
    table: options.table,
    seed,
    streams,
    filled: null,
    fillSeconds: 0,
    counts: null,
    writeSeconds: 0,
  };
  const done = new Load(session, outcome);
  try {
    if (options.items !== null) await done.fill(common, options, table);
    if (options.createTable && !streams && !session.signal.aborted) await addStream(address);
    if (options.workload !== null && !session.signal.aborted) await done.write(common, options.workload);
  } catch (error) {
    const cause = error instanceof FillError ? error.cause : error;
    throw sourceFault(cause, `Writing to table ${JSON.stringify(options.table)}`, { table: options.table });
  } finally {
    // Also of a load that failed: what it did cannot be told otherwise.
    session.progress.done();
    if (session.globals.json) session.printJson(loadDocument(done.outcome));
    else session.print(loadText(done.outcome));
  }
  return exitCodes.done;
}

type Common = TableAddress & Pick<Parameters<typeof startWorkload>[0], 'keys' | 'seed' | 'shape'>;

/** A load on its way. */
class Load {
  readonly #session: Session;
  #outcome: LoadOutcome;

  constructor(session: Session, outcome: LoadOutcome) {
    this.#session = session;
    this.#outcome = outcome;
  }

  get outcome(): LoadOutcome {
    return this.#outcome;
  }

  async fill(common: Common, { items, from }: LoadOptions, { empty }: LoadedTable): Promise<void> {
    const { signal, progress } = this.#session;
    const total = items ?? 0;
    const begunMs = performance.now();
    const note = (filled: Filled) => {
      const fillSeconds = (performance.now() - begunMs) / 1000;
      this.#outcome = { ...this.#outcome, filled, fillSeconds };
      const done = filledItems(filled);
      const rate = done / Math.max(0.001, fillSeconds);
      const where = `next --from ${filled.next}`;
      progress.update([{ label: common.table, phase: 'filling', done, total, rate, note: where }]);
    };
    try {
      note(await loadItems({ ...common, items: total, from, readFirst: !empty, signal, onProgress: note }));
    } catch (error) {
      if (error instanceof FillError) note(error.filled);
      throw error;
    }
  }

  async write(common: Common, options: LoadWorkload): Promise<void> {
    const { signal, progress } = this.#session;
    const { keys: items, hotKeys, rate, mix, operations, seconds } = options;
    const begunMs = performance.now();
    const workload = startWorkload({
      ...common,
      items,
      hotKeys: Math.min(hotKeys, items),
      rate,
      ...(mix === null ? {} : { mix: mixOf(mix) }),
      ...(operations === null ? {} : { operations }),
    });
    const note = () => {
      const counts = workload.counts();
      const writeSeconds = (performance.now() - begunMs) / 1000;
      this.#outcome = { ...this.#outcome, counts, writeSeconds };
      const done = counts.operations;
      const total = operations;
      const perSecond = done / Math.max(0.001, writeSeconds);
      progress.update([{ label: common.table, phase: 'writing', done, total, rate: perSecond, note: '' }]);
    };
    const stop = () => void workload.stop().catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    const end = seconds === null ? undefined : setTimeout(stop, seconds * 1000);
    const looks = setInterval(note, LOOK_MS);
    try {
      await workload.finished;
    } finally {
      clearTimeout(end);
      clearInterval(looks);
      signal.removeEventListener('abort', stop);
      note();
    }
  }
}

function mixOf(mix: LoadMix): Mix {
  const kinds = Object.entries(mix).flatMap(([kind, weight]) => Array<string>(weight).fill(kind));
  return kinds as readonly OperationKind[] as Mix;
}

/** Where the table is: at the source of the file, never at its target; or where flags and environment say. */
async function addressOf(session: Session, options: LoadOptions): Promise<TableAddress> {
  const { file, table, endpoint } = options;
  if (file !== null) {
    const migration = await session.load(file, { needsSnapshot: false });
    if (!isSelected(migration.source.tables, table)) {
      throw new UsageError(`Table ${table} is not in ${file}`, 'Name a table of source.tables.');
    }
    refuse(sameTableProblems(migration, [table]));
    return { ...accessOf(migration), table };
  }
  const region = options.region ?? session.env['AWS_REGION'] ?? session.env['AWS_DEFAULT_REGION'];
  if (region === undefined || region === '') {
    throw new UsageError('load knows no region', 'Give --region, or a migration file.');
  }
  if (endpoint !== null && !/^https?:\/\//.test(endpoint)) {
    throw new UsageError(`--endpoint ${endpoint} is no URL`, 'Give one such as http://127.0.0.1:8000.');
  }
  return { region, table, ...(endpoint === null ? {} : { endpoint }) };
}
