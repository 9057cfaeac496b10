/**
 * The connector classes of Messina itself, on workers of both kinds: no plugin of others may have one of these names.
 *
 * A worker has only the classes of its kind, and would take a plugin of the other kind's name for the class that is meant. It
 * would then be dealt that connector's tasks beside the workers that have the right one.
 */
export const RESERVED_CLASSES: readonly string[] = [
  'S3ExportSource',
  'DynamoDbScanSource',
  'DynamoDbStreamsSource',
  'AlternatorSink',
  'CqlSink',
];
