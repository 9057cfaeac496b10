import { describe, expect, test } from 'vitest';
import type { RawStreamRecord } from '../../../dynamodb/streams.ts';
import { encodeKey } from '../../../schemas/key.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import { changeOf, isSuitable } from '../../../source/streams/record.ts';
import { FACTS } from './stream-world.ts';

const raw = (more: Partial<RawStreamRecord>): RawStreamRecord => ({
  eventId: 'e1',
  eventName: 'MODIFY',
  acdtMs: 1_763_686_800_000,
  sequence: '28902000000000058232616929',
  viewType: 'NEW_AND_OLD_IMAGES',
  keys: { id: { S: 'x' } },
  newImage: undefined,
  oldImage: undefined,
  ttl: false,
  ...more,
});
const image = { id: { S: 'x' }, price: { N: '9.50' } };
const context = { table: 'Music', shard: 'shard-1', scanner: new ItemScanner(FACTS.keySchema) };

describe('a stream record', () => {
  test.each([
    ['an insert', { eventName: 'INSERT', newImage: image }, 'c'],
    [
      'an insert over something, as a stand-in may say',
      { eventName: 'INSERT', newImage: image, oldImage: image },
      'u',
    ],
    ['an update with both images', { newImage: image, oldImage: image }, 'u'],
    ['an update in a stream of new images', { newImage: image }, 'u'],
    ['a delete', { eventName: 'REMOVE', oldImage: image }, 'd'],
    ['a delete in a stream of new images', { eventName: 'REMOVE' }, 'd'],
    [
      'a time-to-live delete with an odd name',
      { eventName: 'UNKNOWN_TO_SDK_VERSION', oldImage: image, ttl: true },
      'd',
    ],
    ['a put that calls itself a delete', { eventName: 'REMOVE', newImage: image }, 'u'],
  ])('%s', (_, more, op) => {
    expect(changeOf(raw(more), 7, context).op).toBe(op);
  });

  test('becomes a change with its key, images, place and time', () => {
    const change = changeOf(raw({ newImage: image, oldImage: { id: { S: 'x' } }, ttl: true }), 7, context);
    expect(change).toMatchObject({
      version: 7,
      table: 'Music',
      timestampMs: 1_763_686_800_000,
      origin: { shard: 'shard-1', sequence: '28902000000000058232616929', event: 'e1', ttl: true },
    });
    expect(change.key).toEqual(encodeKey(FACTS.keySchema, new Map([['id', { S: 'x' }]])));
    expect(change.after?.attributes.get('price')).toEqual({ N: '9.5' });
    expect(change.before?.attributes.size).toBe(1);
  });

  test('keeps odd names, large numbers and bytes', () => {
    const odd = JSON.parse(
      '{"id":{"S":"x"},"__proto__":{"S":"p"},"big":{"N":"12345678901234567890123456789012345678"},"b":{"B":"AP8="}}',
    );
    const { attributes } = changeOf(raw({ newImage: odd }), 7, context).after!;
    expect(attributes.get('__proto__')).toEqual({ S: 'p' });
    expect(attributes.get('big')).toEqual({ N: '12345678901234567890123456789012345678' });
    expect(Buffer.from((attributes.get('b') as { B: Uint8Array }).B).toString('hex')).toBe('00ff');
  });

  test.each([
    ['NEW_IMAGE', true],
    ['NEW_AND_OLD_IMAGES', true],
    ['OLD_IMAGE', false],
    ['KEYS_ONLY', false],
    ['', false],
  ])('a stream of %s is suitable: %s', (viewType, suitable) => {
    expect(isSuitable(viewType)).toBe(suitable);
  });
});
