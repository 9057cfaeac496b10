import type { ConfigKeyInfo, ConfigType } from '../config-infos.ts';

/**
 * One key of a flat configuration. A leaf of the schema at `s3.forcePathStyle` has the key `s3.force.path.style`; a record
 * (table → URL) has the keys `manifests.<name>`, the name as it is, dots included.
 */
export interface FlatKey {
  /** Without the name, for a record: `manifests.` */
  readonly key: string;
  readonly isPrefix: boolean;
  /** Path in the options. */
  readonly path: readonly string[];
  readonly type: ConfigType;
  readonly required: boolean;
  /** As text; null: there is none. */
  readonly defaultValue: string | null;
  readonly documentation: string;
  /** Values of an enumeration. */
  readonly values: readonly string[];
  readonly isSecret: boolean;
  /** What Kafka Connect's tools show of a key. */
  readonly group: string | null;
  readonly importance: ConfigKeyInfo['importance'];
  readonly displayName: string;
}

export interface FlatProblem {
  /** The key as written, or the one that is missing. */
  readonly key: string;
  /** `Invalid value x for configuration y: …`, as Kafka Connect words it, with a remedy; never the value of a secret. */
  readonly message: string;
}

export interface FlatReading<O> {
  /** Null where there are problems. */
  readonly options: O | null;
  readonly problems: readonly FlatProblem[];
  /** Keys that the schema does not know. */
  readonly unknown: readonly string[];
}
