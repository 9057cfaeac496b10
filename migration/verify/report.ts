/** What is wrong with a key in the target. */
export type DifferenceKind = 'missing' | 'different' | 'extra';

export interface Example {
  readonly kind: DifferenceKind;
  /** DynamoDB JSON; only when keys may be shown. */
  readonly key?: unknown;
  /** Else the first half of the key's SHA-256, hex: the same in every run. */
  readonly keyHash?: string;
  /** Names of the attributes that differ; none where one side has no item. */
  readonly attributes: readonly string[];
}

export interface TableReport extends Partial<RepairCounts> {
  readonly table: string;
  /** Keys that are on at least one side; with `--keys`, the keys given. */
  readonly compared: number;
  readonly equal: number;
  readonly missing: number;
  readonly different: number;
  readonly extra: number;
  /**
   * Rows that the topics never mention, where such were there before: events alone, with `target.existing: keep`. They
   * are neither compared nor mended.
   */
  readonly unknown?: number;
  /** The first ones found. */
  readonly examples: readonly Example[];
  /**
   * Only against the topics, which speak of what they hold: every change of the source before this time is in them
   * (rule C12). Of a copy: the time of its snapshot. Null: not all of the table was read yet.
   */
  readonly sourceReadTo?: string | null;
}

/** What became of the differences that were found; only after a repair (rule C12). All speak of the last look. */
export interface RepairCounts {
  /** Keys that this run has mended, and found equal after that; an extra row that was deleted is one. */
  readonly repaired: number;
  /** Keys that still differ, and were left because they keep changing, or may be mended yet. */
  readonly waiting: number;
  /** Of these: keys that this run has written, or tried to. The changes that follow need not bring them: repair once more. */
  readonly unsettled: number;
  /**
   * Keys that still differ: writes were acknowledged, and the row is what it was, because somebody wrote it with a later
   * clock; or the target never finds the row that it gives back.
   */
  readonly immovable: number;
  /** Keys that still differ: the target takes no such item, or none can be made (a transform fails on it). */
  readonly refused: number;
}

export interface VerifyReport {
  readonly migration: string;
  readonly target: string;
  readonly against: 'source' | 'topics';
  readonly equal: boolean;
  /** What the migration does not claim, in words (rule C1); null: it moves rows and changes. */
  readonly notClaimed: string | null;
  readonly tables: readonly TableReport[];
}

/**
 * Whatever still differs after a repair keeps changing, so that the changes that follow bring it, or is refused, as its record
 * was: nothing is gained by another try.
 */
export function isSettled({ unsettled = 0, immovable = 0 }: TableReport): boolean {
  return unsettled + immovable === 0;
}

export function isEqual({ missing, different, extra }: TableReport): boolean {
  return missing + different + extra === 0;
}
