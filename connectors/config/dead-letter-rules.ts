import { timeLimited } from '../time-limited.ts';
import { readPattern } from '../transforms/predicates/pattern.ts';
import type { CommonKeys, SinkKeys } from './connector-keys.ts';
import type { FlatProblem } from './flat/flat.ts';
import { type Hidden, invalid } from './flat/flat-problems.ts';

const NAME = 'errors.deadletterqueue.topic.name';

/** What contradicts itself in what becomes of bad records. */
export function deadLetterProblems(common: CommonKeys, sink: SinkKeys | null, hidden: Hidden): FlatProblem[] {
  const topic = common[NAME];
  if (topic === '') return [];
  const refused = (what: string) => [invalid(NAME, topic, what, hidden.has(NAME))];
  if (common['errors.tolerance'] === 'none') {
    return refused(
      'nothing is ever written there while errors.tolerance is none. Set errors.tolerance to all, or remove the key',
    );
  }
  if (sink?.topics.includes(topic) === true) {
    return refused(
      `The DLQ topic may not be included in the list of topics ('topics=${sink.topics.join(',')}') consumed by the connector`,
    );
  }
  if (sink !== null && sink['topics.regex'] !== '' && matches(sink['topics.regex'], topic)) {
    return refused(
      `The DLQ topic may not be matched by topics.regex ('topics.regex=${sink['topics.regex']}') of the connector`,
    );
  }
  return [];
}

function matches(pattern: string, topic: string): boolean {
  try {
    const expression = readPattern(pattern);
    return timeLimited('topics.regex', () => expression.test(topic));
  } catch {
    // Said of topics.regex itself.
    return false;
  }
}
