import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BatchWrite, buildBatchWrite, parseUnprocessed } from '../../../dynamodb/batch-write.ts';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { encodeKey } from '../../../schemas/key.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import type { KeySchema } from '../../../schemas/values.ts';
import { attributesFromJson } from '../../attributes-from-json.ts';

const KEYS: KeySchema = [
  { name: 'pk', type: 'S' },
  { name: 'sk', type: 'N' },
];
const scanner = new ItemScanner(KEYS);

function put(pk: string, sk: string, more: object = {}): BatchWrite {
  const attributes = attributesFromJson({ ...more, sk: { N: sk }, pk: { S: pk } });
  return { key: encodeKey(KEYS, attributes), item: encodeAttributes(attributes) };
}

function del(pk: string, sk: string): BatchWrite {
  return { key: put(pk, sk).key, item: null };
}

describe('a request', () => {
  test('holds puts and deletes in order, as DynamoDB JSON', () => {
    const body = buildBatchWrite('My-T.1', [put('a"é', '1.50', { b: { B: 'AP8Q' } }), del('c', '-2')]);
    expect(JSON.parse(body.toString())).toEqual({
      RequestItems: {
        'My-T.1': [
          { PutRequest: { Item: { pk: { S: 'a"é' }, sk: { N: '1.5' }, b: { B: 'AP8Q' } } } },
          { DeleteRequest: { Key: { pk: { S: 'c' }, sk: { N: '-2' } } } },
        ],
      },
    });
  });

  test('stays as it is while the next ones are built', () => {
    const first = buildBatchWrite('T', [put('a', '1')]);
    const text = first.toString();
    for (let i = 0; i < 50; i++) buildBatchWrite('T', [put('x'.repeat(100_000), '2')]);
    expect(first.toString()).toBe(text);
  });

  test('after one that could not be built is whole again', () => {
    const broken: BatchWrite = { key: put('a', '1').key, item: Buffer.from([2]) };
    expect(() => buildBatchWrite('T', [put('a', '1'), broken])).toThrow();
    expect(JSON.parse(buildBatchWrite('T', [del('a', '1')]).toString())).toHaveProperty('RequestItems.T');
  });
});

describe('an answer', () => {
  const writes = [put('a', '1'), del('b', '2'), put('c', '3')];
  const parse = (body: unknown) =>
    parseUnprocessed(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), scanner, writes);

  test.each([
    '{"UnprocessedItems":{}}',
    ' {"UnprocessedItems" : {} }',
    '{"ConsumedCapacity":[],"UnprocessedItems":{}}',
  ])('of %s leaves nothing', (body) => {
    expect(parse(body)).toEqual([]);
  });

  test('names what is left by keys, however they are written', () => {
    const put = { PutRequest: { Item: { other: { S: '}' }, sk: { N: '3.0' }, pk: { S: 'c' } } } };
    const del = { DeleteRequest: { Key: { sk: { N: '2' }, pk: { S: 'b' } } } };
    expect(parse({ UnprocessedItems: { T: [put, del] } })).toEqual([1, 2]);
  });

  test.each([
    ['says nothing of it', {}],
    [
      'names a key that was not sent',
      { UnprocessedItems: { T: [{ DeleteRequest: { Key: { pk: { S: 'z' }, sk: { N: '1' } } } }] } },
    ],
    ['holds a request without a key', { UnprocessedItems: { T: [{ PutRequest: {} }] } }],
  ])('that %s is corrupt, never "done"', (_, body) => {
    expect(() => parse(body)).toThrow(expect.objectContaining({ code: 'CORRUPT_ANSWER' }));
  });

  test('gives back any subset of what was sent', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), {
      minLength: 1,
      maxLength: 25,
    });
    fc.assert(
      fc.property(names, fc.func(fc.boolean()), fc.boolean(), (pks, isLeft, deletes) => {
        const sent = pks.map((pk) => (deletes ? del(pk, '7') : put(pk, '7')));
        const request: unknown = JSON.parse(buildBatchWrite('T', sent).toString());
        const { T: requests } = (request as { RequestItems: { T: object[] } }).RequestItems;
        const left = sent.map((_, i) => i).filter((i) => isLeft(i));
        const body = { UnprocessedItems: { T: left.map((i) => requests[i]) } };
        expect(parseUnprocessed(Buffer.from(JSON.stringify(body)), scanner, sent)).toEqual(left);
      }),
      { numRuns: 50 },
    );
  });
});
