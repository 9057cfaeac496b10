import type { SnapshotSource } from '../connectors/connector.ts';
import { avroConverter } from '../connectors/converters/avro.ts';
import { jsonConverter } from '../connectors/converters/json.ts';
import type { ConnectorPlugin, Plugins, PluginsModule } from '../connectors/plugins.ts';
import { predicatePlugins, transformPlugins } from '../connectors/transforms/registry.ts';
import { credentialProvider } from '../dynamodb/credentials.ts';
import { s3ExportSource } from './export/connector.ts';
import { dynamoDbScanSource } from './scan/connector.ts';
import { dynamoDbStreamsSource } from './streams/connector.ts';

const sources = [s3ExportSource, dynamoDbScanSource, dynamoDbStreamsSource].map((plugin) => ({
  type: 'source' as const,
  plugin: plugin as unknown as SnapshotSource<unknown>,
}));

/** What a source worker can run. */
export const plugins: Plugins = {
  connectors: sources satisfies ConnectorPlugin[],
  transforms: transformPlugins,
  predicates: predicatePlugins,
  converters: [avroConverter, jsonConverter],
};

/** For AWS IAM at the brokers. */
export const awsCredentials: PluginsModule['awsCredentials'] = (region) =>
  credentialProvider(undefined, region)();
