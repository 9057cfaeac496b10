import { ConnectError } from '../../connectors/errors.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { describeGroup } from '../../connectors/kafka/committed.ts';
import { KafkaError } from '../../connectors/kafka/errors.ts';
import { deleteGroup, deleteTopics } from '../../connectors/kafka/topics.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import { disablePointInTimeRecovery } from '../../dynamodb/exports.ts';
import { retried } from '../../dynamodb/retry.ts';
import { disableStream } from '../../dynamodb/table-changes.ts';
import { sourceFault } from '../../source/faults.ts';
import type { Migration } from '../config/defaults.ts';
import { topicsOf } from '../config/names.ts';
import { membersAt } from '../group-members.ts';
import { assertStopped } from '../replay/replay-lanes.ts';
import { sourceClients } from '../source-access.ts';
import type { Leftover } from './leftover.ts';
import type { Leftovers } from './leftovers.ts';

/** Topics in one request. */
const TOPICS_MAX = 100;

/** Throws SOURCE_RUNNING or SINK_RUNNING, with who runs it, while a process of this migration is in one of its groups. */
export async function assertNotRunning(
  kafka: KafkaClient,
  { name }: Migration,
  sinks: readonly string[],
): Promise<void> {
  const { members } = await describeGroup(kafka, name);
  if (members.length > 0) {
    throw new ConnectError('SOURCE_RUNNING', `Migration ${name} is being run${membersAt(members)}`, {
      detail: { group: name },
    });
  }
  for (const sink of sinks) await assertStopped(kafka, sink);
}

/**
 * Removes what was found. Groups go first, which Kafka refuses while anybody is in one, and the catalog goes last: until then
 * the same command finds what a kill has left.
 *
 * @param onRemoved hears of each, when it is gone
 */
export async function removeLeftovers(
  migration: Migration,
  kafka: KafkaClient,
  { remove, sinks }: Leftovers,
  signal: AbortSignal,
  onRemoved: (leftover: Leftover) => void,
): Promise<void> {
  await assertNotRunning(kafka, migration, sinks);
  for (const group of remove.filter(({ kind }) => kind === 'group')) {
    signal.throwIfAborted();
    await leave(kafka, migration, group.name, sinks);
    onRemoved(group);
  }
  for (const one of remove.filter(({ kind }) => kind === 'stream' || kind === 'pitr')) {
    signal.throwIfAborted();
    await switchOff(migration, one, signal);
    onRemoved(one);
  }
  const { catalog } = topicsOf(migration);
  const topics = remove.filter(({ kind, name }) => kind === 'topic' && name !== catalog);
  const last = remove.filter(({ kind, name }) => kind === 'topic' && name === catalog);
  for (let from = 0; from < topics.length; from += TOPICS_MAX) {
    signal.throwIfAborted();
    const some = topics.slice(from, from + TOPICS_MAX);
    await deleteTopics(
      kafka,
      some.map(({ name }) => name),
    );
    for (const topic of some) onRemoved(topic);
  }
  signal.throwIfAborted();
  await deleteTopics(
    kafka,
    last.map(({ name }) => name),
  );
  for (const topic of last) onRemoved(topic);
}

async function leave(
  kafka: KafkaClient,
  migration: Migration,
  group: string,
  sinks: readonly string[],
): Promise<void> {
  try {
    await deleteGroup(kafka, group);
  } catch (error) {
    // Somebody joined since they were looked at.
    if (error instanceof KafkaError && error.code === 'NON_EMPTY_GROUP') {
      await assertNotRunning(
        kafka,
        migration,
        sinks.filter((sink) => sinkGroup(sink) === group),
      );
    }
    throw error;
  }
}

async function switchOff(migration: Migration, { kind, name }: Leftover, signal: AbortSignal): Promise<void> {
  const { control } = sourceClients(migration);
  const off = kind === 'stream' ? disableStream : disablePointInTimeRecovery;
  try {
    await retried<unknown>(() => off(control, name, signal), { signal });
  } catch (error) {
    signal.throwIfAborted();
    const what = kind === 'stream' ? 'stream' : 'point-in-time recovery';
    throw sourceFault(error, `Disabling the ${what} of table ${name}`, { table: name });
  }
}
