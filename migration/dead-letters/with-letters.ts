import type { KafkaClient } from '../../connectors/kafka/client.ts';
import type { LettersRead } from '../../connectors/runtime/retry/settled-letters.ts';
import type { Migration } from '../config/defaults.ts';
import { connectorNames } from '../config/names.ts';
import { connectKafka } from '../kafka-client.ts';
import { openTopics, type TopicsView } from '../topics-view.ts';
import { lettersUntilNow } from './read-letters.ts';
import type { LetterRequest } from './request.ts';
import { openWaiting, type WaitingLetters } from './waiting-letters.ts';

/**
 * Does something with the letters that wait; nothing, where no topic for them exists.
 *
 * @param begin comes before it is seen how far the letters go
 * @throws NOT_MIGRATED where there are letters and no migration
 */
export async function withLetters(
  migration: Migration,
  { tables, reason, everybodys, signal, log }: LetterRequest,
  step: (waiting: WaitingLetters, view: TopicsView, read: LettersRead) => Promise<void>,
  begin: (kafka: KafkaClient) => Promise<void> = async () => {},
): Promise<void> {
  await using kafka = await connectKafka(migration, log);
  await begin(kafka);
  const read = await lettersUntilNow(kafka, migration.deadLetters.topic);
  if (read === null) return;
  await using view = await openTopics(migration, kafka);
  const connectors = everybodys ? null : Object.values(connectorNames(migration));
  await step(await openWaiting(view, read, { connectors, tables, reason }, signal), view, read);
}
