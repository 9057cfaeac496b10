import type { Letter } from '../../connectors/runtime/dead-letters/letter.ts';
import { isSettled, type LettersRead, settledIn } from '../../connectors/runtime/retry/settled-letters.ts';
import type { LaneState } from '../../connectors/runtime/sink/lane-state.ts';
import { lanesOf } from '../replay/replay-lanes.ts';
import type { TopicsView } from '../topics-view.ts';
import { readLetters } from './read-letters.ts';

/** Which letters are asked for. */
export interface LetterFilter {
  /** Connector names; null: those of everybody who writes to the topic. */
  readonly connectors: readonly string[] | null;
  /** None: all. */
  readonly tables: readonly string[];
  /** A code; null: all. */
  readonly reason: string | null;
}

/** States of lanes, by connector and by `topic/partition` of either of a lane's topics. */
export type LaneStates = ReadonlyMap<string, ReadonlyMap<string, LaneState>>;

/** The letters that wait: of each record the newest one, unless it was retried. */
export interface WaitingLetters {
  /** What the lanes of each connector have committed. */
  readonly lanes: LaneStates;
  /** Letters in the topic without context headers: whose they are, and whether they wait, nobody knows. */
  readonly withoutContext: number;
  /** In the order in which they were set aside, some at a time; may be read more than once. */
  read(): AsyncIterable<readonly Letter[]>;
}

/**
 * Opens the dead letters of a migration.
 *
 * A record may have several letters: a sink that is killed sets it aside again, and so does a retry that fails. Memory
 * holds about 100 bytes for each record with a letter; the letters themselves are read again.
 */
export async function openWaiting(
  view: TopicsView,
  letters: LettersRead,
  filter: LetterFilter,
  signal: AbortSignal,
): Promise<WaitingLetters> {
  const { kafka } = view;
  const isAsked = ({ connector, table, hasContext }: Letter) =>
    hasContext &&
    (filter.connectors?.includes(connector) ?? true) &&
    (filter.tables.length === 0 || (table !== null && filter.tables.includes(table)));
  const newest = new Map<string, number>();
  const connectors = new Set<string>();
  let withoutContext = 0;
  for await (const some of readLetters(kafka, letters, signal)) {
    for (const letter of some) {
      if (!letter.hasContext) withoutContext++;
      if (letter.place === null || !isAsked(letter)) continue;
      newest.set(recordOf(letter), letter.at);
      connectors.add(letter.connector);
    }
  }
  const lanes = await statesOf(view, [...connectors]);
  const waits = (letter: Letter) => {
    const { connector, place, at } = letter;
    if (place === null) return true;
    if (newest.get(recordOf(letter)) !== at) return false;
    const state = lanes.get(connector)?.get(`${place.topic}/${place.partition}`);
    return state === undefined || !isSettled(settledIn(state.settled, letters), letter);
  };
  return {
    lanes,
    withoutContext,
    async *read() {
      for await (const some of readLetters(kafka, letters, signal)) {
        const asked = some.filter(
          (letter) =>
            isAsked(letter) && (filter.reason === null || letter.reason === filter.reason) && waits(letter),
        );
        if (asked.length > 0) yield asked;
      }
    },
  };
}

function recordOf({ connector, place }: Letter): string {
  return `${connector} ${place?.topic} ${place?.partition} ${place?.offset}`;
}

async function statesOf(view: TopicsView, connectors: readonly string[]): Promise<LaneStates> {
  const tables = view.catalog.tables().map(({ facts }) => facts.table);
  const states = new Map<string, Map<string, LaneState>>();
  for (const connector of connectors) {
    const byTopic = new Map<string, LaneState>();
    for (const [table, lanes] of await lanesOf(view, connector, tables)) {
      for (const { partition, state } of lanes) {
        byTopic.set(`${view.names.snapshot(table)}/${partition}`, state);
        byTopic.set(`${view.names.changes(table)}/${partition}`, state);
      }
    }
    states.set(connector, byTopic);
  }
  return states;
}
