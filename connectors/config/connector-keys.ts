import { z } from 'zod';
import { replicationFactor } from './replication-factor.ts';

/** Groups of keys as Kafka Connect names them (ConnectorConfig, SourceConnectorConfig, TopicCreationConfig). */
export const GROUPS = {
  common: 'Common',
  transforms: 'Transforms',
  predicates: 'Predicates',
  errors: 'Error Handling',
  topics: 'Topic Creation',
  exactlyOnce: 'Exactly Once Support',
} as const;

const INT_MAX = 2_147_483_647;

interface About {
  readonly group: string;
  readonly importance: 'HIGH' | 'MEDIUM' | 'LOW';
  readonly displayName: string;
  readonly configType?: 'CLASS';
}

const about = (group: keyof typeof GROUPS, importance: About['importance'], displayName: string): About => ({
  group: GROUPS[group],
  importance,
  displayName,
});

/** A piece of a topic name: what Kafka allows (Kafka: Topic.validate). */
const topicPart = () =>
  z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, {
    error: 'must be 1 to 249 of the characters a-z A-Z 0-9 . _ -',
  });

const converter = (description: string, displayName: string) =>
  z
    .string()
    .min(1)
    .exactOptional()
    .meta({ description, ...about('common', 'LOW', displayName), configType: 'CLASS' });

/** Kafka's rule (ConfigDef.NonEmptyStringWithoutControlChars), and what a consumer group's name must be. */
const connectorName = z.string().superRefine((name, context) => {
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (name === '') return refuse('String may not be empty');
  if (/\p{Cc}/u.test(name)) return refuse('String may not contain control characters');
  if (name !== name.trim()) return refuse('String may not begin or end with blanks');
  if (name.length > 249) return refuse('String must have at most 249 characters');
});

/** Keys that every connector has; Kafka Connect's, but for `topic.prefix`, `topic.names.` and `errors.auto.restart.`. */
export const commonKeys = z.strictObject({
  name: connectorName.meta({
    description: 'Name of the connector, the only one of this name in its group of workers.',
    ...about('common', 'HIGH', 'Connector name'),
  }),
  'connector.class': z
    .string()
    .min(1)
    .meta({
      description: 'Class of the connector; the ending Connector may be left out.',
      ...about('common', 'HIGH', 'Connector class'),
    }),
  'tasks.max': z
    .int()
    .min(1)
    .max(INT_MAX)
    .default(1)
    .meta({
      description: 'Most tasks that the work is divided into.',
      ...about('common', 'HIGH', 'Tasks max'),
    }),
  'tasks.max.enforce': z
    .boolean()
    .default(true)
    .meta({
      description: 'Accepted for Kafka Connect: there are never more tasks than tasks.max.',
      ...about('common', 'LOW', 'Enforce tasks max'),
    }),
  'topic.prefix': topicPart().meta({
    description:
      'First part of the names of its topics: <prefix>.<table>.snapshot, <prefix>.<table>.changes, <prefix>.catalog. The same for the sources and sinks of a migration.',
    ...about('common', 'HIGH', 'Topic prefix'),
  }),
  'topic.names': z
    .record(z.string().min(1), topicPart())
    .default({})
    .meta({
      description:
        'By table, what stands for it in the names of its topics, where Kafka would refuse its own.',
      ...about('common', 'LOW', 'Topic names'),
    }),
  'key.converter': converter(
    'Accepted for Kafka Connect: the converter of values writes and reads keys too.',
    'Key converter class',
  ),
  'value.converter': converter(
    'Converter of the records of data topics: AvroConverter or JsonConverter. Default: that of the worker.',
    'Value converter class',
  ),
  'header.converter': converter(
    'Accepted for Kafka Connect: records carry headers of Messina alone.',
    'Header converter class',
  ),
  'config.action.reload': z
    .enum(['none', 'restart'])
    .default('restart')
    .meta({
      description: 'Accepted for Kafka Connect: placeholders are resolved when a task starts.',
      ...about('common', 'LOW', 'Reload Action'),
    }),
  'errors.retry.timeout': z
    .int()
    .min(-1)
    .default(-1)
    .meta({
      description:
        'Milliseconds that a fault of a service may last before the task fails; -1: it is waited out.',
      ...about('errors', 'MEDIUM', 'Retry Timeout for Errors'),
    }),
  'errors.retry.delay.max.ms': z
    .int()
    .min(1)
    .default(60_000)
    .meta({
      description: 'Longest pause between two tries, in milliseconds.',
      ...about('errors', 'MEDIUM', 'Maximum Delay Between Retries for Errors'),
    }),
  'errors.tolerance': z
    .enum(['none', 'all'])
    .default('none')
    .meta({
      description:
        'none: the task fails at the first bad record. all: it is set aside in the dead-letter topic.',
      ...about('errors', 'MEDIUM', 'Error Tolerance'),
    }),
  'errors.log.enable': z
    .boolean()
    .default(false)
    .meta({
      description: 'Whether each record that is set aside is logged, by its place.',
      ...about('errors', 'MEDIUM', 'Log Errors'),
    }),
  'errors.log.include.messages': z
    .boolean()
    .default(false)
    .meta({
      description: 'Whether topic, partition, offset and timestamp are logged too; never a key or a value.',
      ...about('errors', 'MEDIUM', 'Log Error Details'),
    }),
  'errors.deadletterqueue.topic.name': z
    .union([topicPart(), z.literal('')], {
      error: 'must be 1 to 249 of the characters a-z A-Z 0-9 . _ -',
    })
    .default('')
    .meta({
      description:
        'Topic of the records that are set aside, where errors.tolerance is all. Default: <topic.prefix>.dead-letters.',
      ...about('errors', 'MEDIUM', 'Dead Letter Queue Topic Name'),
    }),
  'errors.deadletterqueue.topic.replication.factor': z
    .int()
    .min(-1)
    .max(32_767)
    .default(-1)
    .meta({
      description: 'Replicas of that topic when it is created; -1: the default of the broker.',
      ...about('errors', 'MEDIUM', 'Dead Letter Queue Topic Replication Factor'),
    }),
  'errors.deadletterqueue.context.headers.enable': z
    .boolean()
    .default(true)
    .meta({
      description:
        'Whether dead letters say in headers where they come from and why; `messina dead-letters` needs them.',
      ...about('errors', 'MEDIUM', 'Enable Error Context Headers'),
    }),
  'errors.auto.restart.enabled': z
    .boolean()
    .default(true)
    .meta({
      description: 'Whether a failed task starts again by itself where that may help.',
      ...about('errors', 'LOW', 'Automatic Restart'),
    }),
  'errors.auto.restart.delay.ms': z
    .int()
    .min(1)
    .default(10_000)
    .meta({
      description: 'Milliseconds before the first automatic restart; each further one waits twice as long.',
      ...about('errors', 'LOW', 'First Delay of Automatic Restarts'),
    }),
  'errors.auto.restart.delay.max.ms': z
    .int()
    .min(1)
    .default(600_000)
    .meta({
      description: 'Longest wait before an automatic restart, in milliseconds.',
      ...about('errors', 'LOW', 'Maximum Delay of Automatic Restarts'),
    }),
});

/** Keys of every source. */
export const sourceKeys = z.strictObject({
  tables: z
    .array(z.string().min(1))
    .min(1)
    .meta({
      description: 'Tables, or globs (* and ?) over their names, with commas between.',
      ...about('common', 'HIGH', 'Tables'),
    }),
  'capture.connector': z
    .string()
    .min(1)
    .exactOptional()
    .meta({
      description:
        'For snapshots: name of the connector that captures the changes of the same tables. Default: nothing is captured, the result is a copy.',
      ...about('common', 'HIGH', 'Capturing connector'),
    }),
  'exactly.once.support': z
    .enum(['requested', 'required'])
    .default('requested')
    .meta({
      description: 'Accepted for Kafka Connect: records and positions always go into one transaction.',
      ...about('exactlyOnce', 'MEDIUM', 'Exactly once support'),
    }),
  'transaction.boundary': z
    .enum(['poll', 'interval', 'connector'])
    .default('poll')
    .meta({
      description: 'Only poll: one transaction for what is read at once.',
      ...about('exactlyOnce', 'MEDIUM', 'Transaction Boundary'),
    }),
  'topic.creation.default.partitions': z
    .int()
    .min(1)
    .max(INT_MAX)
    .default(12)
    .meta({
      description: 'Partitions of each data topic; an existing one with another number is refused.',
      ...about('topics', 'LOW', 'Partition Count for Topics in Group default'),
    }),
  'topic.creation.default.replication.factor': replicationFactor.meta({
    description: 'Replicas of each data topic that is created; -1: the default of the broker.',
    ...about('topics', 'LOW', 'Replication Factor for Topics in Group default'),
  }),
});

/** Keys of every sink. */
export const sinkKeys = z.strictObject({
  topics: z
    .array(z.string().min(1))
    .default([])
    .meta({
      description: 'Topics to read, both of each table: <topic.prefix>.<table>.snapshot and .changes.',
      ...about('common', 'HIGH', 'Topics'),
    }),
  'topics.regex': z
    .string()
    .default('')
    .meta({
      description: 'Regular expression for the whole names of the topics to read, in place of topics.',
      ...about('common', 'HIGH', 'Topics regex'),
    }),
  snapshots: z
    .boolean()
    .default(true)
    .meta({
      description:
        'Whether there are snapshots to load before changes. false: changes alone, which flow at once.',
      ...about('common', 'MEDIUM', 'Snapshots'),
    }),
  transforms: z
    .array(z.string().min(1))
    .default([])
    .meta({
      description:
        'Names of the transforms of records, in order; transforms.<name>.type says which one it is.',
      ...about('transforms', 'LOW', 'Transforms'),
    }),
  predicates: z
    .array(z.string().min(1))
    .default([])
    .meta({
      description:
        'Names of the predicates that transforms refer to; predicates.<name>.type says which one it is.',
      ...about('predicates', 'LOW', 'Predicates'),
    }),
});

export type CommonKeys = z.output<typeof commonKeys>;
export type SourceKeys = z.output<typeof sourceKeys>;
export type SinkKeys = z.output<typeof sinkKeys>;
