import type { LaneTopics } from '../sink/lane.ts';
import type { NewestPlace, NewestSearch } from './newest-places.ts';
import type { RetryScope } from './retry-scope.ts';

/** A dead letter of a lane, as its retry needs it. */
export interface LaneLetter {
  readonly reason: string;
  /** Where its record stands. */
  readonly topic: string;
  readonly offset: number;
  /** Key bytes as latin1; null: the record has none. */
  readonly key: string | null;
  /** V of the record; null: unknown. */
  readonly version: number | null;
}

/** Letters by key; one without a key stands for itself. */
export type LettersByKey = ReadonlyMap<string, readonly LaneLetter[]>;

/** A record that is sent for a key. */
export interface Sending {
  /** As in {@link LettersByKey}. */
  readonly key: string;
  readonly topic: string;
  readonly offset: number;
}

export function lettersByKey(letters: readonly LaneLetter[]): LettersByKey {
  const byKey = new Map<string, LaneLetter[]>();
  for (const letter of letters) {
    const name = letter.key ?? `no key: ${letter.topic}@${letter.offset}`;
    const known = byKey.get(name);
    if (known === undefined) byKey.set(name, [letter]);
    else known.push(letter);
  }
  return byKey;
}

/**
 * Where the newest records of the letters' keys are to be looked for.
 *
 * Behind a change only changes are newer; behind a row, later rows and every change of the epoch (rule C2).
 */
export function searchOf(
  letters: readonly LaneLetter[],
  scope: RetryScope,
  topics: LaneTopics,
): NewestSearch {
  const keys = new Set<string>();
  let rowsFrom = Number.POSITIVE_INFINITY;
  let changesFrom = Number.POSITIVE_INFINITY;
  for (const { key, topic, offset, version } of letters) {
    if (key === null) continue;
    keys.add(key);
    const counts = version !== null && version >= scope.versionMin;
    if (counts && topic === topics.changes) {
      changesFrom = Math.min(changesFrom, offset);
      continue;
    }
    rowsFrom = Math.min(rowsFrom, counts ? offset : scope.rowsFrom);
    changesFrom = Math.min(changesFrom, scope.changesFrom);
  }
  const orNone = (from: number) => (Number.isFinite(from) ? from : null);
  return {
    keys,
    rowsFrom: orNone(rowsFrom),
    changesFrom: orNone(changesFrom),
    versionMin: scope.versionMin,
  };
}

/**
 * What is sent, in the order of the topics. A key is left out when its newest record is one that the sink will come to
 * by itself, or that a snapshot is still to bring.
 */
export function sendingsOf(
  letters: LettersByKey,
  newest: ReadonlyMap<string, NewestPlace>,
  scope: RetryScope,
  topics: LaneTopics,
): Sending[] {
  const sendings: Sending[] = [];
  for (const [key, [first]] of letters) {
    const place = first?.key === null ? first : newest.get(key);
    if (place === undefined) continue;
    const { topic, offset } = place;
    const below = topic === topics.changes ? scope.changesDealtWith : scope.rowsDealtWith;
    if (offset < below) sendings.push({ key, topic, offset });
  }
  return sendings.sort((a, b) => a.offset - b.offset);
}
