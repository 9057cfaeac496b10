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

export interface TableReport {
  readonly table: string;
  /** Keys that are on at least one side; with `--keys`, the keys given. */
  readonly compared: number;
  readonly equal: number;
  readonly missing: number;
  readonly different: number;
  readonly extra: number;
  /** The first ones found. */
  readonly examples: readonly Example[];
  /**
   * Only against the topics, which speak of what they hold: every change of the source before this time is in them
   * (rule C12). Null: nobody captures, or not all of the table was read yet.
   */
  readonly sourceReadTo?: string | null;
}

export interface VerifyReport {
  readonly migration: string;
  readonly target: string;
  readonly against: 'source' | 'topics';
  readonly equal: boolean;
  readonly tables: readonly TableReport[];
}

export function isEqual({ missing, different, extra }: TableReport): boolean {
  return missing + different + extra === 0;
}
