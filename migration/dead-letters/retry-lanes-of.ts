import type { LaneLetters } from '../../connectors/runtime/retry/retry-lane.ts';
import type { LaneLetter } from '../../connectors/runtime/retry/retry-plan.ts';
import type { LettersRead } from '../../connectors/runtime/retry/settled-letters.ts';
import type { TopicNames } from '../../connectors/topic-names.ts';
import type { WaitingLetters } from './waiting-letters.ts';

/** What is to be retried. */
export interface RetryLetters {
  /** Lanes with a letter that is asked for, by `table/partition`. */
  readonly lanes: ReadonlyMap<string, LaneLetters>;
  /** Letters of sources that are asked for: they never were in a topic. */
  readonly ofSources: number;
}

/** Whose letters, and which. */
export interface LanesWanted {
  readonly sink: string;
  readonly tables: readonly string[];
  readonly names: TopicNames;
  /** Only letters of this code; null: all. */
  readonly reason: string | null;
  readonly read: LettersRead;
}

/** Sorts the letters that wait, whatever their reason, by the lane of their record. Memory holds a line for each. */
export async function retryLanesOf(
  waiting: WaitingLetters,
  { sink, tables, names, reason, read }: LanesWanted,
): Promise<RetryLetters> {
  const tableOf = new Map(
    tables.flatMap((table) => [
      [names.snapshot(table), table] as const,
      [names.changes(table), table] as const,
    ]),
  );
  const byLane = new Map<string, LaneLetter[]>();
  const asked = new Set<string>();
  let ofSources = 0;
  for await (const some of waiting.read()) {
    for (const letter of some) {
      const isAsked = reason === null || letter.reason === reason;
      if (letter.place === null) {
        if (isAsked) ofSources++;
        continue;
      }
      const table = tableOf.get(letter.place.topic);
      if (table === undefined || letter.connector !== sink) continue;
      const lane = `${table}/${letter.place.partition}`;
      const { topic, offset } = letter.place;
      const key = letter.key?.toString('latin1') ?? null;
      const known = byLane.get(lane);
      const own = { reason: letter.reason, topic, offset, key, version: letter.version };
      if (known === undefined) byLane.set(lane, [own]);
      else known.push(own);
      if (isAsked) asked.add(lane);
    }
  }
  const lanes = [...byLane].filter(([lane]) => asked.has(lane));
  return {
    lanes: new Map(lanes.map(([lane, letters]) => [lane, { letters, reason, read }])),
    ofSources,
  };
}
