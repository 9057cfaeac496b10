import { KafkaError } from './kafka/errors.ts';

/** What the runtime does with a failure: try again with backoff, set the record aside, or stop the table. */
export type Remedy = 'retry' | 'dead-letter' | 'halt';

interface ErrorRow {
  readonly remedy: Remedy;
  /** Exit code of a command that ends with it: 1 failed after the start, 4 refused by what was found. */
  readonly exit: 1 | 4;
  /** What the operator can do, as a sentence. */
  readonly hint: string;
}

const halt = (exit: 1 | 4, hint: string): ErrorRow => ({ remedy: 'halt', exit, hint });
const retry = (hint: string): ErrorRow => ({ remedy: 'retry', exit: 1, hint });
const setAside = (hint: string): ErrorRow => ({ remedy: 'dead-letter', exit: 1, hint });

const badRecord =
  'Correct the record at its source, or set deadLetters.tolerance: all (a connector: errors.tolerance=all) to set it aside and go on.';
const badFile =
  'Put the right file in its place and start again; or begin anew from another export, under another `name`.';

/** Every failure has one row here; a code that is not in the table cannot be thrown. */
export const ERRORS = {
  SOURCE_TABLE_MISSING: halt(4, 'Correct source.tables, source.region or source.endpoint.'),
  SOURCE_ACCESS_DENIED: halt(4, 'Give the source credentials the permissions that the README lists.'),
  SOURCE_CREDENTIALS: {
    remedy: 'retry',
    exit: 4,
    hint: 'Nobody gave credentials for the source: look at source.credentials and the environment, or at the role and the service that gives it. They are asked for again.',
  },
  SOURCE_UNREACHABLE: retry('Check source.endpoint, source.region and the network.'),
  SOURCE_THROTTLED: retry('The source limits the rate; it is tried again.'),
  SOURCE_CAPTURE_AWAITED: retry(
    'Start the connector that capture.connector names, on workers of this group, or correct the name; what it says itself is in its own status.',
  ),
  SOURCE_STREAM_UNSUITABLE: halt(
    4,
    'Disable the stream and let Messina enable one with NEW_AND_OLD_IMAGES, or do so yourself; its view type cannot be changed in place.',
  ),
  SOURCE_COVERAGE_UNPROVEN: halt(
    4,
    'Make an export (or scan) that begins at least snapshot.slackSeconds after the stream was enabled and first read, and name it in the file.',
  ),
  SOURCE_DATA_GAP: halt(
    4,
    'Changes may be lost: take a new snapshot with `messina migrate FILE --new-snapshot TABLE` (docs/operations.md, After a data gap).',
  ),
  SOURCE_MODE_CHANGED: halt(
    4,
    'Put source.changes back, or begin anew under another `name`; to follow a copy after all: `messina migrate FILE --new-snapshot TABLE`.',
  ),
  SOURCE_TAKEN: halt(
    4,
    'Go on under the name and the group.id that the message gives (`migrate`: under the `name` of that group), or publish into another topic.prefix (kafka.topicPrefix).',
  ),
  SOURCE_KEYS_CHANGED: halt(
    4,
    'Its topics hold items of other keys: begin anew under another `name`, with another target table.',
  ),
  SOURCE_IS_TARGET: halt(4, 'Rename the table in target.tables or name another target endpoint.'),
  SOURCE_PITR_OFF: halt(
    4,
    'Turn point-in-time recovery on with the command above, or let Messina do it with source.snapshot.enablePitr: true.',
  ),
  SOURCE_REFUSED: halt(1, 'See the message of the source.'),
  EXPORT_UNSUPPORTED: halt(
    4,
    'This source makes no exports: use source.snapshot.from: scan, or a manifest that `messina export` wrote.',
  ),
  EXPORT_BUCKET_MISSING: halt(
    4,
    'Create the bucket, or name another (source.snapshot.s3.bucket, export --to).',
  ),
  EXPORT_BUCKET_REGION: halt(4, 'Give the region of the bucket in source.snapshot.s3.region.'),
  EXPORT_KMS_DENIED: halt(
    4,
    'Give the source credentials kms:GenerateDataKey and kms:Decrypt for the key, which must be enabled and in the region of the bucket.',
  ),
  EXPORT_CONFLICT: halt(
    4,
    'Another export writes to the same place: wait for it, or give another source.snapshot.s3.prefix.',
  ),
  EXPORT_TIME_REFUSED: halt(
    4,
    'Point-in-time recovery does not reach this time yet: start again in some minutes.',
  ),
  EXPORT_FAILED: halt(
    1,
    'Mend what AWS says (bucket, policy, key), and start `messina migrate` again: it then asks for another export.',
  ),
  EXPORT_PARTIAL: halt(
    4,
    'It does not hold the whole table; start `messina migrate` again: it then asks for another export.',
  ),
  EXPORT_MANIFEST_MISSING: halt(
    4,
    'The summary manifest must exist and be readable: correct source.snapshot.manifests, or how S3 is reached (source.snapshot.s3).',
  ),
  EXPORT_MANIFEST_INVALID: halt(
    4,
    'Name the manifest-summary.json of a completed export in DynamoDB JSON or Amazon Ion: a full one in snapshot.manifests, incremental ones in snapshot.incremental.',
  ),
  EXPORT_WINDOW_ORDER: halt(
    4,
    'List the windows in the order of their times in snapshot.incremental, without those that end before the full export.',
  ),
  EXPORT_WINDOW_HOLE: halt(
    4,
    'Make the missing window, as the message says, and list it in snapshot.incremental; windows of AWS last 15 minutes to 24 hours, and may overlap.',
  ),
  EXPORT_OTHER_TABLE: halt(4, 'Name the export of this very table (the same TableId).'),
  EXPORT_CHANGED: halt(
    4,
    'Name the export that was begun; or begin anew, with the one that is named now, by `messina migrate FILE --new-snapshot TABLE`.',
  ),
  EXPORT_INCOMPLETE: halt(
    4,
    'Correct the items at the source (or the export), and take another snapshot with `messina migrate FILE --new-snapshot TABLE`.',
  ),
  EXPORT_USED: halt(4, 'Make a newer export, and name its manifest in source.snapshot.manifests.'),
  EXPORT_FILE_MISSING: halt(1, badFile),
  EXPORT_CHECKSUM: halt(1, badFile),
  EXPORT_GZIP: halt(1, badFile),
  EXPORT_COUNT: halt(1, badFile),
  EXPORT_LINE_TOO_LONG: halt(
    1,
    'A line of an export is at most a few MiB; this file is not a DynamoDB export.',
  ),
  EXPORT_ION_UNREADABLE: halt(
    1,
    'Export the table as DYNAMODB_JSON, or as ION as DynamoDB writes it: Ion 1.0 in its text form, every record on a line of its own.',
  ),
  RECORD_NOT_JSON: setAside(badRecord),
  RECORD_NOT_ION: setAside(badRecord),
  RECORD_ITEM_MISSING: setAside(badRecord),
  RECORD_TYPE_UNKNOWN: setAside(badRecord),
  RECORD_NUMBER: setAside(badRecord),
  RECORD_BINARY: setAside(badRecord),
  RECORD_TEXT: setAside(badRecord),
  RECORD_NESTING: setAside(badRecord),
  RECORD_DUPLICATE_NAME: setAside(badRecord),
  RECORD_SET: setAside(badRecord),
  RECORD_KEY: setAside(badRecord),
  RECORD_UNDECODABLE: setAside('The record in the topic was not written by Messina, or by a newer version.'),
  RECORD_TRANSFORM: setAside('Correct the transform, or its input.'),
  RECORD_TOO_LARGE: setAside('The target refuses items of this size.'),
  RECORD_REFUSED: setAside('The target refuses the item; see its message.'),
  RECORD_UNMAPPABLE: setAside(
    'Change the column’s type in the mapping file, or say with its onMismatch where such attributes go (of rows that are written already, `messina replay FILE --recreate --yes` makes new ones); or set deadLetters.tolerance: all (a connector: errors.tolerance=all).',
  ),
  RECORD_OLD_IMAGE: setAside(
    'Other keys than the source’s need the old image of every change: the stream must have NEW_AND_OLD_IMAGES.',
  ),
  RECORD_VERSION: halt(
    1,
    'Compare the clock of this machine with the source’s; a server refuses writes that are stamped later than three days from now.',
  ),
  DEAD_LETTER_FLOOD: halt(
    1,
    'Many records in a row fail in the same way: correct the configuration, then start again.',
  ),
  DEAD_LETTER_FAILED: halt(
    1,
    'The dead-letter topic could not be written; nothing was skipped. Make it writable.',
  ),
  TARGET_UNREACHABLE: retry('Check target.endpoints or target.contactPoints, TLS, and the network.'),
  TARGET_THROTTLED: retry('The target limits the rate; it is tried again, slower.'),
  TARGET_UNKNOWN_OUTCOME: retry(
    'The write may or may not be executed; it is repeated after the server timeout.',
  ),
  TARGET_ACCESS_DENIED: halt(
    4,
    'Correct the target credentials; they need CREATE, ALTER, MODIFY and SELECT, and DROP for `replay --recreate`.',
  ),
  TARGET_TABLE_MISSING: halt(
    4,
    'Set target.createTables: true or create the table; one that was written before is written anew by `messina replay FILE --recreate --yes`.',
  ),
  TARGET_TABLE_LOST: halt(
    4,
    'Point back at the table that was written, or let this one be written from the start: `messina replay FILE --recreate --yes` (a connector: stop it and reset its offsets); a second target needs another target.name (another connector name).',
  ),
  TARGET_TABLE_SHARED: halt(
    4,
    'Give each table a target table of its own: in target.tables (a connector: tables.<table>), in into.table of a mapping, or by the replacement of a RegexRouter.',
  ),
  TARGET_KEY_SCHEMA: halt(4, 'Drop the target table, or rename it in target.tables.'),
  TARGET_KEYSPACE_MISSING: halt(
    4,
    'Create the keyspace with the statement above, its replication as you want it, or correct target.keyspace.',
  ),
  TARGET_SCHEMA: halt(
    4,
    'Change the mapping or the table so that they agree; or drop the table and let Messina create it.',
  ),
  TARGET_DATACENTER: halt(
    4,
    'Name a data centre of the cluster in target.localDataCenter, or leave it out to use that of the first node that answers.',
  ),
  TARGET_NOT_EMPTY: halt(
    4,
    'Empty the target table, or set target.existing: keep if its rows may be overwritten.',
  ),
  TARGET_CLOCK_SKEW: halt(
    4,
    'Synchronise the clocks of the target nodes (NTP), or raise target.clockSkewMs above it.',
  ),
  TARGET_MAPPING: halt(
    4,
    'Correct the mapping file (docs/mapping-file.md has all its keys); `messina infer` proposes one.',
  ),
  TARGET_REFUSED: halt(1, 'See the message of the target.'),
  TARGET_UNMENDED: halt(
    4,
    'Compare the clocks of the target nodes, and start `messina migrate` again when the later time has passed; else `messina replay FILE --recreate --yes`. `messina verify FILE` shows the rows.',
  ),
  TRANSFORM_KEY: halt(
    4,
    'Let transforms leave key attributes as they are (an `include` names them too): keys are re-modelled by the mapping of a CQL target, tables are renamed in target.tables.',
  ),
  TRANSFORM_TOPIC: halt(
    4,
    'Let the pattern match both topics of a table or none, such as `music\\.Orders\\..*`: an item must become the same whichever topic brings it.',
  ),
  PATTERN_SLOW: halt(
    4,
    'Correct the regular expression: do not repeat what is repeated inside, as `(\\w+\\.?)+` does; `[\\w.]+` matches the same.',
  ),
  SINK_FINGERPRINT: halt(
    4,
    'A changed mapping, transform or target table needs `messina replay FILE --recreate --yes`; for a second target give target.name.',
  ),
  WORKER_RECORD: halt(
    1,
    'Somebody else has written to an internal topic: write the record anew, or delete it by a record of the same key without value, and start the worker again.',
  ),
  WORKER_THREAD: retry(
    'The task begins again in another thread; if this goes on, see the log of the worker.',
  ),
  WORKER_CONFIG: halt(1, 'Correct the configuration of the connector, then restart it.'),
  WORKER_CLASS: halt(
    1,
    'Install the plugin on the workers of this group (plugin.path), or correct connector.class.',
  ),
  SINK_EPOCH: halt(
    4,
    'The table is written anew, from the new snapshot on: `messina replay FILE --recreate --yes`.',
  ),
  SINK_RUNNING: halt(
    4,
    'Stop the process that runs the sink first; one that was killed leaves its group within 10 s.',
  ),
  SOURCE_RUNNING: halt(
    4,
    'Stop the process that runs the sources first; one that was killed counts for another 10 s.',
  ),
  LOAD_TABLE_MISSING: halt(
    4,
    'Name a table that exists in --table, or let load make one with --create-table.',
  ),
  LOAD_TABLE_FOREIGN: halt(
    4,
    'Name a table of its own for the rehearsal; --allow-existing writes into this one, over items of the same keys.',
  ),
  LOAD_TABLE_KEYS: halt(4, 'Name a table with other key attributes.'),
  KAFKA_UNREACHABLE: {
    remedy: 'retry',
    exit: 1,
    hint: 'Check kafka.brokers (of a worker bootstrap.servers), TLS and SASL settings, and the network.',
  },
  KAFKA_TOPIC_PARTITIONS: halt(
    4,
    'Set kafka.partitions to the number the topic has, or use another topicPrefix.',
  ),
  KAFKA_TOPIC_NAME: halt(4, 'Give the table another name inside topic names: kafka.topics.'),
  KAFKA_TOPIC_SETTINGS: halt(4, 'Change the topic setting as said, or delete the topic.'),
  KAFKA_TOPIC_TRIMMED: halt(
    4,
    'What the topic has lost would be taken for deleted, or for never there: repair against the source, or begin anew under another `name`. Its retention.ms must be -1.',
  ),
  KAFKA_REFUSED: halt(1, 'See the message of the broker.'),
  KAFKA_FENCED: retry('Another process has taken the task over; it continues there.'),
  KAFKA_TOPIC_CORRUPT: halt(1, 'A record of an internal topic cannot be read; restore the topic.'),
  LEASE_LOST: retry('The process was paused or cut off; the partition was given to another one.'),
  WAIT_TIMEOUT: halt(4, 'See `messina status`; give a longer --timeout.'),
  NOT_MIGRATED: halt(4, 'Run `messina migrate FILE` first.'),
  LOCAL_DISK: halt(1, 'Make room in the directory for temporary files, or name another one in TMPDIR.'),
  UNEXPECTED: halt(1, 'This is a defect of Messina: please report it with the message.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** Where a failure happened, by name; never an item value or a secret. */
export type ErrorDetail = Readonly<Record<string, string | number>>;

/**
 * The one error class of the runtime: what happened, with which value's name; {@link ERRORS} says what to do.
 *
 * Thrown at the border, where a foreign failure is first understood, with the foreign error as `cause`.
 */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; detail?: ErrorDetail } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? {};
  }

  get remedy(): Remedy {
    return ERRORS[this.code].remedy;
  }

  get exit(): 1 | 4 {
    return ERRORS[this.code].exit;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }
}

/** Whatever was thrown, as a ConnectError: what nobody classified is a defect, and halts. */
export function asConnectError(thrown: unknown): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  if (thrown instanceof KafkaError) return fromKafka(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ConnectError('UNEXPECTED', message, { cause: thrown });
}

function fromKafka(error: KafkaError): ConnectError {
  const code = error.fenced ? 'KAFKA_FENCED' : error.retriable ? 'KAFKA_UNREACHABLE' : 'KAFKA_REFUSED';
  return new ConnectError(code, error.message, { cause: error, detail: { kafka: error.code } });
}
