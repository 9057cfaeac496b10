import { PathSyntaxError } from '../../schemas/attribute-path.ts';
import { ConnectError } from '../errors.ts';
import { timeLimited } from '../time-limited.ts';
import { readPattern } from '../transforms/predicates/pattern.ts';
import type { SinkKeys } from './connector-keys.ts';
import type { FlatProblem } from './flat/flat.ts';
import { type Hidden, invalid } from './flat/flat-problems.ts';

export interface TopicsReading {
  /** Null where there are problems. */
  readonly topics: readonly string[] | RegExp | null;
  readonly problems: readonly FlatProblem[];
}

/** What a sink reads: exactly one of `topics` and `topics.regex`, worded as Kafka does (SinkConnectorConfig.validate). */
export function readTopics(sink: SinkKeys, prefix: string, hidden: Hidden): TopicsReading {
  const pattern = sink['topics.regex'];
  if (sink.topics.length > 0 && pattern !== '') {
    return refused('topics and topics.regex are mutually exclusive options, but both are set.');
  }
  if (sink.topics.length === 0 && pattern === '')
    return refused('Must configure one of topics or topics.regex');
  if (pattern !== '') return readRegex(pattern, prefix, hidden.has('topics.regex'));
  // What is missing is said of topic.prefix itself.
  const what = prefix === '' ? null : faultOf(sink.topics, prefix, sink.snapshots);
  if (what === null) return { topics: sink.topics, problems: [] };
  return {
    topics: null,
    problems: [invalid('topics', sink.topics.join(','), what, hidden.has('topics'))],
  };
}

const refused = (message: string): TopicsReading => ({
  topics: null,
  problems: [{ key: 'topics', message }],
});

function readRegex(pattern: string, prefix: string, isHidden: boolean): TopicsReading {
  try {
    const topics = readPattern(pattern);
    const names = longNames(prefix);
    timeLimited('topics.regex', () => names.filter((name) => topics.test(name)));
    return { topics, problems: [] };
  } catch (error) {
    const what = regexFault(error);
    if (what === null) throw error;
    return { topics: null, problems: [invalid('topics.regex', pattern, what, isHidden)] };
  }
}

/** Names as long as Kafka takes them: an expression that tries too many ways does so on one of these as a rule. */
const longNames = (prefix: string): string[] =>
  ['snapshot', 'changes'].map((kind) => `${`${prefix}.`.padEnd(248 - kind.length, 'a')}.${kind}`);

function regexFault(error: unknown): string | null {
  if (error instanceof PathSyntaxError) {
    return 'Must be a valid regex of JavaScript; flags i, m and s may stand in front, as (?i)';
  }
  if (error instanceof ConnectError && error.code === 'PATTERN_SLOW') {
    return 'it takes too long over the names of topics. Do not repeat what is repeated inside, as (\\w+\\.?)+ does: [\\w.]+ matches the same';
  }
  return null;
}

/** Both topics of a table: its rows and its changes cannot be told from each other's place in one alone. */
function faultOf(topics: readonly string[], prefix: string, snapshots: boolean): string | null {
  const names = new Set(topics);
  if (names.size < topics.length) return 'a topic stands there twice';
  for (const topic of topics) {
    const [, table, kind] = /^(.+)\.(snapshot|changes)$/s.exec(topic) ?? [];
    if (table === undefined || !table.startsWith(`${prefix}.`) || table.length === prefix.length + 1) {
      return `${topic} is no data topic of topic.prefix ${prefix}, which are ${prefix}.<table>.snapshot and ${prefix}.<table>.changes`;
    }
    const other = `${table}.${kind === 'snapshot' ? 'changes' : 'snapshot'}`;
    if (!names.has(other) && (snapshots || kind === 'snapshot')) {
      const way = kind === 'changes' ? ', or set snapshots to false where there is none' : '';
      return `${topic} is there without ${other}; name both${way}`;
    }
  }
  return null;
}
