import { systemClock } from '../../connectors/clock.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import type { ConnectError } from '../../connectors/errors.ts';
import { describeGroup } from '../../connectors/kafka/committed.ts';
import { PlainProducer } from '../../connectors/kafka/plain-producer.ts';
import { refuse } from '../../connectors/refuse.ts';
import type { LaneLetters } from '../../connectors/runtime/retry/retry-lane.ts';
import { RetryLanes } from '../../connectors/runtime/retry/retry-lanes.ts';
import { retryScope } from '../../connectors/runtime/retry/retry-scope.ts';
import { addResults, NO_RESULT, type RetryResult } from '../../connectors/runtime/retry/retry-tally.ts';
import type { LettersRead } from '../../connectors/runtime/retry/settled-letters.ts';
import { SinkTask } from '../../connectors/runtime/sink/sink-task.ts';
import type { SinkDefinition } from '../../connectors/runtime/sink/sink-world.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import { forgetMending } from '../chain-mended.ts';
import type { Migration } from '../config/defaults.ts';
import { connectorNames, targetName } from '../config/names.ts';
import { sinkProblems } from '../preflight.ts';
import { assertStopped, lanesOf, runningError } from '../replay/replay-lanes.ts';
import { sinkWorld } from '../sink-world.ts';
import { tablesOfCatalog } from '../tables.ts';
import type { TopicsView } from '../topics-view.ts';
import { type Wiring, wire } from '../wiring.ts';
import { bringsRows } from './brings-rows.ts';
import type { LetterRequest } from './request.ts';
import { retryLanesOf } from './retry-lanes-of.ts';
import type { WaitingLetters } from './waiting-letters.ts';
import { withLetters } from './with-letters.ts';

export type RetryRequest = Omit<LetterRequest, 'everybodys'>;

export interface RetriedTable extends RetryResult {
  readonly table: string;
}

export interface Retried {
  readonly migration: string;
  readonly target: string;
  readonly topic: string;
  readonly tables: readonly RetriedTable[];
  /** Letters of sources: no topic holds their records, so there is nothing to send. */
  readonly ofSources: number;
  /** Letters without context headers: nobody knows where their records stand, so there is nothing to send either. */
  readonly withoutContext: number;
  /** Why not all lanes were dealt with; what was is in `tables`. */
  readonly halted: ConnectError | null;
}

const STOP_DEADLINE_MS = 30_000;
const LOOK_INTERVAL_MS = 200;

/**
 * The work of `messina dead-letters FILE retry`: sends the dead letters of a stopped sink again, as a member of its group,
 * so that lanes are taken over as the sink takes them over, and nobody else writes them meanwhile (rule C7).
 *
 * @throws ConnectError NOT_MIGRATED, SINK_RUNNING, SINK_FINGERPRINT, and what the target finds wrong, before anything is sent
 */
export async function retryLetters(migration: Migration, request: RetryRequest): Promise<Retried> {
  const { tables, reason, signal, log } = request;
  let retried: Omit<Retried, 'migration' | 'target' | 'topic'> = {
    tables: [],
    ofSources: 0,
    withoutContext: 0,
    halted: null,
  };
  // Of all reasons: the counters of a lane speak of all its letters.
  const all = { tables, reason: null, everybodys: false, signal, log };
  const step = async (waiting: WaitingLetters, view: TopicsView, read: LettersRead) => {
    const wiring = await wire(migration, tablesOfCatalog(migration, knownTables(view)));
    const { name, tables: own } = wiring.sink;
    const wanted = { sink: name, tables: own, names: view.names, reason, read };
    const { lanes, ofSources } = await retryLanesOf(waiting, wanted);
    retried = { ...retried, ofSources, withoutContext: waiting.withoutContext };
    if (lanes.size === 0) return;
    const sink = sinkOf(wiring, lanes);
    const reloaded = await check(view, { ...wiring, sink }, lanes, request);
    // Rule C1: before the first row is sent, so that no kill leaves a row that nobody mends.
    for (const table of reloaded) await forgetMending(migration.name, view, name, table);
    const retries = new RetryLanes(lanes);
    const halted = await run(migration, view, sink, retries, request);
    retried = { ...retried, tables: byTable(retries.results), halted };
  };
  // First: a sink that still runs sets records aside behind the letters that are read here, and counts them.
  await withLetters(migration, all, step, (kafka) => assertStopped(kafka, connectorNames(migration).sink));
  const { name, deadLetters } = migration;
  return { migration: name, target: targetName(migration), topic: deadLetters.topic, ...retried };
}

type Lanes = ReadonlyMap<string, LaneLetters>;

const tableOf = (lane: string) => lane.slice(0, lane.lastIndexOf('/'));
const partitionOf = (lane: string) => Number(lane.slice(lane.lastIndexOf('/') + 1));
const knownTables = ({ catalog }: TopicsView) => catalog.tables().map(({ facts }) => facts.table);

/** The sink as it retries: what fails again is set aside again, whatever the file says of bad records by now. */
function sinkOf({ sink }: Wiring, lanes: Lanes): SinkDefinition {
  // Only tables with letters: a task that starts says of all its tables that nothing is wrong with them.
  const tables = [...new Set([...lanes.keys()].map(tableOf))].sort();
  return { ...sink, tables, tasks: 1, tolerance: 'all' };
}

/**
 * Every table is looked at before anything is touched.
 *
 * @returns tables of which rows may be sent again.
 */
async function check(
  view: TopicsView,
  wiring: Wiring,
  lanes: Lanes,
  { signal, log }: RetryRequest,
): Promise<ReadonlySet<string>> {
  const { sink } = wiring;
  const { catalog } = view;
  const states = await lanesOf(view, sink.name, sink.tables);
  const reloaded = new Set<string>();
  for (const [lane, letters] of lanes) {
    const [table, partition] = [tableOf(lane), partitionOf(lane)];
    const owned = states.get(table)?.find((one) => one.partition === partition);
    const { versionMin } = retryScope(sink, catalog, table, partition, owned?.state ?? null);
    if (bringsRows(letters, view.names.snapshot(table), versionMin)) reloaded.add(table);
  }
  const context: TaskContext = { clock: systemClock, signal, log };
  const facts = sink.tables.flatMap((table) => catalog.table(table)?.facts ?? []);
  refuse(await sinkProblems(wiring, facts, view, context));
  return reloaded;
}

/** @returns why it ended before every lane was dealt with; null: all are. Throws the reason of an interrupt. */
async function run(
  migration: Migration,
  view: TopicsView,
  sink: SinkDefinition,
  lanes: RetryLanes,
  { signal, log }: RetryRequest,
): Promise<ConnectError | null> {
  await using producer = new PlainProducer(view.kafka, { codec: 'none' });
  const task = new SinkTask(sink, sinkWorld(migration, view, producer, log), 0, lanes);
  try {
    await task.start();
    // A table that halts stops alone.
    while (lanes.left.some((lane) => !task.halts.has(tableOf(lane)))) {
      const { members } = await describeGroup(view.kafka, sinkGroup(sink.name));
      if (members.length > 1) return runningError(sink.name, members);
      await systemClock.sleep(LOOK_INTERVAL_MS, signal);
    }
    return [...task.halts.values()][0] ?? null;
  } finally {
    await task.stop(STOP_DEADLINE_MS);
  }
}

function byTable(results: ReadonlyMap<string, RetryResult>): RetriedTable[] {
  const tables = new Map<string, RetryResult>();
  for (const [lane, result] of results) {
    const table = tableOf(lane);
    tables.set(table, addResults(tables.get(table) ?? NO_RESULT, result));
  }
  return [...tables]
    .map(([table, result]) => ({ table, ...result }))
    .sort((a, b) => (a.table < b.table ? -1 : 1));
}
