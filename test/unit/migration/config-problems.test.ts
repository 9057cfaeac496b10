import { describe, expect, test } from 'vitest';
import { problemsOf, validText } from './migration-text.ts';

const withLine = (line: string) => `${validText}${line}\n`;

describe('problems of a migration file', () => {
  test('all of them come at once, in the order of the file', () => {
    const text = validText
      .replace('region: eu-central-1', 'regoin: eu-central-1')
      .replace('[127.0.0.1:9092]', '[127.0.0.1]')
      .replace('endpoints: [http://127.0.0.1:8001]', 'endpoints: []');
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      [
        "2:1 source.region: is missing | AWS region of the tables.",
        "3:3 source.regoin: is not a known key | Did you mean "region"?",
        "7:13 kafka.brokers[0]: is "127.0.0.1"; it must be host:port, such as 127.0.0.1:9092 | host:port of a broker.",
        "10:14 target.endpoints: must not be empty | Nodes to begin with; further ones through /localnodes where the server has it.",
      ]
    `);
  });

  test.each([
    ['a mistyped key', withLine('taks: {sink: 2}')],
    ['a key in another case', withLine('deadletters: {tolerance: all}')],
    ['a key of another section', validText.replace('kafka:', 'kafka:\n  bucket: exports')],
    ['a key that is like no other', withLine('xyzzy: 1')],
    ['a key given twice', withLine('name: again')],
    ['a wrong kind', validText.replace('[Music]', 'Music')],
    ['a number where text belongs', validText.replace('[Music]', '[2024]')],
    ['text where a number belongs', withLine('tasks: {sink: two}')],
    ['a number out of range', withLine('tasks: {sink: 0}')],
    ['a fraction where a whole number belongs', withLine('tasks: {sink: 1.5}')],
    ['a mistyped word', validText.replace('from: scan', 'from: scna')],
    ['a mistyped target', validText.replace('type: alternator', 'type: alternater')],
    ['no target type', validText.replace('  type: alternator\n', '')],
    ['no value', withLine('tasks:')],
    ['a bad name', validText.replace('name: music', 'name: Music_1')],
    ['a bad URL', validText.replace('http://127.0.0.1:8001', '127.0.0.1:8001')],
    ['a bad table name', withLine("  tables: {'a b': music}")],
    ['a list that is not YAML', validText.replace('[Music]', '[Music')],
    ['two documents', withLine('---\nname: b')],
    ['an unknown tag', validText.replace('[Music]', '!secret x')],
    ['an alias of nothing', validText.replace('[Music]', '*none')],
    ['an alias of itself', validText.replace('[Music]', '&a [*a]')],
    ['an empty file', '# nothing\n'],
    ['a list', '- name: music\n'],
  ])('%s', (_, text) => {
    expect(problemsOf(text)).toMatchSnapshot();
  });
});

test('empty lists are no problem', () => {
  expect(problemsOf(withLine('transforms: []'))).toEqual([]);
});

describe('secrets', () => {
  const secret = 'swordfish';
  test.each([
    [
      'of a wrong kind',
      validText.replace('kafka:', 'kafka:\n  sasl: {mechanism: plain, username: u, password: [swordfish]}'),
    ],
    [
      'under a mistyped key',
      validText.replace('kafka:', 'kafka:\n  sasl: {mechanism: plain, username: u, pasword: swordfish}'),
    ],
    [
      'in a placeholder of a leaf that is none',
      validText.replace('http://127.0.0.1:8001', "'${env:SECRET}'"),
    ],
    ['in a placeholder of a word', validText.replace('from: scan', "from: '${env:SECRET}'")],
    ['in a URL', validText.replace('http://127.0.0.1:8001', 'htp://u:swordfish@127.0.0.1:8001')],
    ['in broken YAML', validText.replace('[Music]', '"swordfish')],
    ['in a file that is none', 'swordfish'],
  ])('%s are not shown', (_, text) => {
    const problems = problemsOf(text, { SECRET: secret });
    expect(problems).not.toEqual([]);
    expect(problems.join('\n')).not.toContain(secret);
  });
});
