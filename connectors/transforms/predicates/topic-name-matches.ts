import { z } from 'zod';
import { ConnectError } from '../../errors.ts';
import { timeLimited } from '../../time-limited.ts';
import { pattern, readPattern } from './pattern.ts';
import { predicatePlugin } from './predicate.ts';

/** Holds of the items of tables whose topics have such names: of both topics, or of none. */
export const topicNameMatches = predicatePlugin({
  name: 'TopicNameMatches',
  summary: 'Holds of the items of tables by the names of their topics.',
  ofConnect: true,
  options: z.strictObject({
    pattern: pattern('Regular expression for the whole name; both topics of a table match it, or none.'),
  }),
  make({ pattern: text }) {
    const expression = readPattern(text);
    return {
      meaning: JSON.stringify([text]),
      ofTable(topics) {
        const [matched, ...more] = timeLimited('TopicNameMatches: pattern', () =>
          topics.filter((topic) => expression.test(topic)),
        );
        if (matched === undefined) return false;
        if (more.length + 1 === topics.length) return true;
        const other = topics.find((topic) => topic !== matched);
        throw new ConnectError('TRANSFORM_TOPIC', `pattern matches topic ${matched} and not ${other}`);
      },
    };
  },
});
