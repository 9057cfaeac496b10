import { describe, expect, test } from 'vitest';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import { validateConnector } from '../../../connectors/config/validate.ts';
import { plugins } from './connector-classes.ts';

const sink: FlatConfig = {
  name: 'x',
  'connector.class': 'AlternatorSink',
  'topic.prefix': 'p',
  topics: 'p.T.snapshot,p.T.changes',
  endpoints: 'http://127.0.0.1:8001',
  predicates: 'q',
  'predicates.q.type': 'HasField',
  'predicates.q.field': 'f',
};
const source: FlatConfig = {
  name: 'x',
  'connector.class': 'DynamoDbStreamsSource',
  'topic.prefix': 'p',
  tables: 'T',
  region: 'r',
};

/** What a value that came from a placeholder is told as. */
function toldOf(base: FlatConfig, key: string, text: string, more: FlatConfig = {}): string {
  const config = { ...base, ...more, [key]: '${env:X}' };
  const placeholders = { env: { X: text }, folder: '/' };
  const className = base['connector.class'] ?? '';
  const worker = { valueConverter: 'AvroConverter', placeholders };
  return JSON.stringify(validateConnector(className, config, plugins, worker));
}

const pem = `-----BEGIN PRIVATE KEY-----${'geheim'.repeat(60)}`;
const url = 'http://user:geheim@host/path?token=geheim';

describe('what a placeholder stands for is in no answer', () => {
  const transform = { transforms: 't', 'transforms.t.type': 'Filter' };
  test.each<[string, FlatConfig, string, string, FlatConfig]>([
    ['a name', sink, 'transforms', 'geheim', {}],
    ['a long text where a source takes none', source, 'transforms.t.type', pem, {}],
    ['the query of a URL where a source takes none', source, 'predicates.q.pattern', url, {}],
    ['a long text as a connector', source, 'capture.connector', pem, {}],
    ['a URL as a connector', source, 'capture.connector', url, {}],
    ['a long text as a predicate', sink, 'transforms.t.predicate', pem, transform],
    ['a URL as a predicate', sink, 'transforms.t.predicate', url, transform],
    ['a long text as a switch', sink, 'transforms.t.negate', pem, transform],
    ['topics in JSON', sink, 'topics', '["geheim.snapshot"]', {}],
    ['a long list of topics', sink, 'topics', `${'x,'.repeat(150)}geheim`, {}],
    ['an expression', sink, 'topics.regex', '(geheim', { topics: '' }],
    ['a long dead-letter topic', sink, 'errors.deadletterqueue.topic.name', 'geheim'.repeat(40), {}],
    ['a converter', sink, 'value.converter', pem, {}],
  ])('%s', (_, base, key, text, more) => {
    const told = toldOf(base, key, text, more);
    expect(told).toMatch(/"error_count":[1-9]/);
    expect(told).not.toContain('geheim');
  });

  test('and what is wrong with it is told all the same', () => {
    expect(toldOf(source, 'transforms.t.type', pem)).toContain(
      'Invalid value [hidden] for configuration transforms.t.type: a source has no transforms',
    );
  });
});
