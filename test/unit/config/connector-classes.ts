import { avroConverter } from '../../../connectors/converters/avro.ts';
import { jsonConverter } from '../../../connectors/converters/json.ts';
import type { ConnectorPlugin, Plugins } from '../../../connectors/plugins.ts';
import { predicatePlugins, transformPlugins } from '../../../connectors/transforms/registry.ts';
import { alternatorSink } from '../../../sink/alternator/connector.ts';
import { cqlSink } from '../../../sink/cql/connector.ts';
import { s3ExportSource } from '../../../source/export/connector.ts';
import { dynamoDbScanSource } from '../../../source/scan/connector.ts';
import { dynamoDbStreamsSource } from '../../../source/streams/connector.ts';

/** A connector among others: its own type of options is known to nobody but itself. */
const source = (plugin: unknown) => ({ type: 'source', plugin }) as ConnectorPlugin;
const sink = (plugin: unknown) => ({ type: 'sink', plugin }) as ConnectorPlugin;

/** The connector classes of this project. */
export const connectorClasses: readonly ConnectorPlugin[] = [
  source(s3ExportSource),
  source(dynamoDbStreamsSource),
  source(dynamoDbScanSource),
  sink(alternatorSink),
  sink(cqlSink),
];

export const plugins: Plugins = {
  connectors: connectorClasses,
  transforms: transformPlugins,
  predicates: predicatePlugins,
  converters: [avroConverter, jsonConverter],
};
