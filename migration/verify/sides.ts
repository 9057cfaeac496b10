import type { Entry } from '../../connectors/buckets/entry.ts';
import type { Item } from '../../schemas/item.ts';
import type { Suspicion } from './judge.ts';
import type { Tried } from './tried.ts';

/** A key that is looked at again. */
export interface Candidate {
  readonly key: Buffer;
  /** What the source side said of it when all rows were read; null: nothing. */
  readonly base: Entry | null;
  /** What earlier looks saw; null before the first. */
  readonly suspicion: Suspicion | null;
  /** What a repair knows of it; null: it has not been judged. */
  readonly tried: Tried | null;
}

/** What a look at one key of one side found. */
export interface Sighting {
  /** Null: there is no item. */
  readonly digest: Buffer | null;
  /** The item itself, for examples and repair; null where there is none, or it cannot be had (any more). */
  item(): Promise<Item | null>;
}

/** One side of a comparison: the source's table, its topics, or the target's table. */
export interface Side {
  /** Its rows come several times, each with a version (the topics); then looks need what was read of them. */
  readonly logged: boolean;
  /** All rows whose key is wanted, in batches, in parallel, at a limited rate. */
  rows(isWanted: (key: Buffer) => boolean): AsyncIterable<readonly Entry[]>;
  /** Looks at some keys now; in the order asked. */
  look(candidates: readonly Candidate[]): Promise<readonly Sighting[]>;
}

/** A change of a key that was published while it was being looked at. */
export interface Trace {
  readonly digest: Buffer | null;
  readonly version: number;
  readonly place: number;
  /** When it was read from the topic, monotonic ms: it was published before. */
  readonly seenMs: number;
}

/** Tells which keys move while they are looked at, from the table's topics. */
export interface Movement {
  /** Changes of this key are kept from now on. */
  watch(key: Buffer): void;
  /** Reads all that is published until now; begins with what was published since it was opened. */
  drain(): Promise<void>;
  /** A watched key's changes, oldest first: all of the last {@link KEPT_LAGS} lags, and the one before them. */
  traces(key: Buffer): readonly Trace[];
  /** Drops the changes of keys that have not moved since then (monotonic ms): who needs them has them. */
  forget(beforeMs: number): void;
}

/** How long changes are kept, in times of the lag. */
export const KEPT_LAGS = 2;
