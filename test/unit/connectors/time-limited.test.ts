import { describe, expect, test } from 'vitest';
import { readConnector } from '../../../connectors/config/connector-settings.ts';
import { timeLimited } from '../../../connectors/time-limited.ts';
import { chainOf } from '../../../connectors/transforms/chain.ts';
import { plugins } from '../config/connector-classes.ts';

/** Tries about 2^40 ways on a name of forty characters that it does not match. */
const careless = 'p\\.(\\w+\\.?)+\\.snapshot';
const name = 'p.customer_orders_europe_archive_v2.changes';

describe('an expression that tries too many ways', () => {
  test('is interrupted, and the next one is not', () => {
    const expression = new RegExp(`^(?:${careless})$`, 'u');
    const before = performance.now();
    expect(() => timeLimited('topics.regex', () => expression.test(name))).toThrow(
      expect.objectContaining({
        code: 'PATTERN_SLOW',
        message: 'topics.regex: matching names takes more than 1000 ms',
      }),
    );
    expect(performance.now() - before).toBeLessThan(5000);
    expect(timeLimited('topics.regex', () => expression.test('p.T.snapshot'))).toBe(true);
  });

  test('is refused as topics.regex, with what to write instead', () => {
    const config = {
      name: 'x',
      'connector.class': 'AlternatorSink',
      'topic.prefix': 'p',
      endpoints: 'http://127.0.0.1:8001',
      'topics.regex': careless,
    };
    const { problems } = readConnector(config, plugins, { valueConverter: 'AvroConverter' });
    expect(problems).toEqual([
      {
        key: 'topics.regex',
        message: `Invalid value ${careless} for configuration topics.regex: it takes too long over the names of topics. Do not repeat what is repeated inside, as (\\w+\\.?)+ does: [\\w.]+ matches the same`,
      },
    ]);
  });

  test.each([
    ['RegexRouter', { type: 'RegexRouter', regex: careless, replacement: 'x' }],
    ['TopicNameMatches', { type: 'RegexRouter', regex: 'x', replacement: 'x', predicate: 'q' }],
  ])('is interrupted in %s', (key, transform) => {
    const predicates = { q: { type: 'TopicNameMatches', pattern: careless } };
    const [chained] = chainOf([transform], predicates, { topicsOf: () => [name] });
    expect(() => chained?.route('T', name)).toThrow(
      expect.objectContaining({ code: 'PATTERN_SLOW', message: expect.stringContaining(key) }),
    );
  });
});

test.each(['p\\..*', 'p(.*)\\.(.*)\\.(snapshot|changes)', 'p\\.([\\w.]+)\\.(snapshot|changes)'])(
  'an expression that people write is fast enough: %s',
  (text) => {
    const expression = new RegExp(`^(?:${text})$`, 'u');
    const names = Array.from({ length: 10_000 }, (_, index) => `p.customer_orders_${index}.changes`);
    expect(timeLimited('topics.regex', () => names.every((one) => expression.test(one)))).toBe(true);
  },
);

test('what matching throws comes through as it is', () => {
  const error = new Error('mine');
  const match = () => {
    throw error;
  };
  expect(() => timeLimited('topics.regex', match)).toThrow(error);
});
