/** What Kafka Connect's REST API says of configuration keys (org.apache.kafka.connect.runtime.rest.entities). */

export type ConfigType =
  | 'BOOLEAN'
  | 'STRING'
  | 'INT'
  | 'SHORT'
  | 'LONG'
  | 'DOUBLE'
  | 'LIST'
  | 'CLASS'
  | 'PASSWORD';

export interface ConfigKeyInfo {
  readonly name: string;
  readonly type: ConfigType;
  readonly required: boolean;
  readonly default_value: string | null;
  readonly importance: 'HIGH' | 'MEDIUM' | 'LOW';
  readonly documentation: string;
  readonly group: string | null;
  readonly width: 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG';
  readonly display_name: string;
  readonly dependents: readonly string[];
  /** Place in its group, from 1. */
  readonly order: number;
}

export interface ConfigValueInfo {
  readonly name: string;
  readonly value: string | null;
  readonly recommended_values: readonly string[];
  readonly errors: readonly string[];
  readonly visible: boolean;
}

export interface ConfigInfo {
  /** Null for a key that nobody knows. */
  readonly definition: ConfigKeyInfo | null;
  readonly value: ConfigValueInfo;
}

export interface ConfigInfos {
  /** Class name as it was asked for. */
  readonly name: string;
  readonly error_count: number;
  readonly groups: readonly string[];
  readonly configs: readonly ConfigInfo[];
}
