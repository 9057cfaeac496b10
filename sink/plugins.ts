import type { SinkConnector } from '../connectors/connector.ts';
import { avroConverter } from '../connectors/converters/avro.ts';
import { jsonConverter } from '../connectors/converters/json.ts';
import type { ConnectorPlugin, Plugins, PluginsModule } from '../connectors/plugins.ts';
import { predicatePlugins, transformPlugins } from '../connectors/transforms/registry.ts';
import { credentialProvider } from '../dynamodb/credentials.ts';
import { alternatorSink } from './alternator/connector.ts';
import { cqlSink } from './cql/connector.ts';

const sinks = [alternatorSink, cqlSink].map((plugin) => ({
  type: 'sink' as const,
  plugin: plugin as SinkConnector<unknown>,
}));

/** What a sink worker can run. */
export const plugins: Plugins = {
  connectors: sinks satisfies ConnectorPlugin[],
  transforms: transformPlugins,
  predicates: predicatePlugins,
  converters: [avroConverter, jsonConverter],
};

/** For AWS IAM at the brokers. */
export const awsCredentials: PluginsModule['awsCredentials'] = (region) =>
  credentialProvider(undefined, region)();
