import type { ChangesSource, Converter, SinkConnector, SnapshotSource } from './connector.ts';
import type { AwsKeys } from './kafka/sasl/aws-iam.ts';
import type { PredicatePlugin } from './transforms/predicates/predicate.ts';
import type { TransformPlugin } from './transforms/transform.ts';

/** A connector class with what kind of connector it makes. */
export type ConnectorPlugin =
  | { readonly type: 'source'; readonly plugin: SnapshotSource<unknown> | ChangesSource<unknown> }
  | { readonly type: 'sink'; readonly plugin: SinkConnector<unknown> };

/** Everything a worker can be configured with, by class name. */
export interface Plugins {
  readonly connectors: readonly ConnectorPlugin[];
  readonly transforms: readonly TransformPlugin[];
  readonly predicates: readonly PredicatePlugin[];
  readonly converters: readonly Converter[];
}

/** A module with a worker's own plugins: threads load it by its URL. */
export interface PluginsModule {
  readonly plugins: Plugins;
  /** For AWS IAM at the brokers without keys in the configuration: the chain of the environment. */
  readonly awsCredentials: (region: string) => Promise<AwsKeys>;
}

/**
 * The connector of a class name: as it stands, without a package before it, with or without the ending `Connector`
 * (Kafka Connect: Plugins.connectorClass); null: there is none.
 */
export function connectorOf(plugins: Plugins, className: string): ConnectorPlugin | null {
  const wanted = simpleName(className);
  return plugins.connectors.find(({ plugin }) => simpleName(plugin.name) === wanted) ?? null;
}

/** A class name without its package and without the ending `Connector`: two that agree in it are the same class. */
export function simpleName(className: string): string {
  const name = className.slice(className.lastIndexOf('.') + 1);
  return name.endsWith('Connector') ? name.slice(0, -'Connector'.length) : name;
}
