import type { Problem } from './connector.ts';
import { ConnectError } from './errors.ts';
import type { TopicDescription, TopicSpec } from './kafka/topics.ts';

/** What is wrong with topics that exist already. */
export function topicProblems(
  specs: readonly TopicSpec[],
  existing: ReadonlyMap<string, TopicDescription | null>,
): Problem[] {
  return specs.flatMap((spec) => {
    const found = existing.get(spec.topic);
    const error = found && topicProblem(spec, found);
    return error ? [{ table: null, error }] : [];
  });
}

function topicProblem(spec: TopicSpec, found: TopicDescription): ConnectError | null {
  const { topic } = spec;
  if (found.partitions !== spec.partitions) {
    return new ConnectError(
      'KAFKA_TOPIC_PARTITIONS',
      `Topic ${topic} has ${found.partitions} partitions; ${spec.partitions} are needed`,
      { detail: { topic, partitions: found.partitions } },
    );
  }
  const needed = Number(spec.config['max.message.bytes'] ?? 0);
  if (found.config.maxMessageBytes < needed) {
    return settingProblem(topic, 'max.message.bytes', found.config.maxMessageBytes, `at least ${needed}`);
  }
  const { cleanupPolicy, retentionMs } = found.config;
  if (spec.config['retention.ms'] === '-1' && cleanupPolicy.includes('delete') && retentionMs !== -1) {
    return settingProblem(topic, 'retention.ms', retentionMs, '-1, or its records are dropped');
  }
  if (spec.config['cleanup.policy'] === 'compact' && cleanupPolicy !== 'compact') {
    return settingProblem(topic, 'cleanup.policy', cleanupPolicy, 'compact');
  }
  return null;
}

function settingProblem(topic: string, setting: string, is: string | number, needed: string): ConnectError {
  return new ConnectError(
    'KAFKA_TOPIC_SETTINGS',
    `Topic ${topic} has ${setting} ${is}; it must be ${needed}`,
    {
      detail: { topic, setting },
    },
  );
}
