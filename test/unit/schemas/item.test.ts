import { describe, expect, test, vi } from 'vitest';
import { Item } from '../../../schemas/item.ts';

const JSON_TEXT = '{"a":{"S":"x"},"n":{"N":"1"}}';

describe('an item', () => {
  test('gives every face whichever it was made of', () => {
    const first = Item.fromJson(Buffer.from(` ${JSON_TEXT}\n`));
    for (const item of [first, Item.fromAvro(first.avro), Item.fromAttributes(first.attributes)]) {
      expect(item.json.toString()).toBe(JSON_TEXT);
      expect(item.avro).toEqual(first.avro);
      expect([...item.attributes]).toEqual([
        ['a', { S: 'x' }],
        ['n', { N: '1' }],
      ]);
      expect(item.equals(first)).toBe(true);
    }
  });

  test('keeps a face it has made', () => {
    const item = Item.fromJson(Buffer.from(JSON_TEXT));
    expect(item.json).toBe(item.json);
    expect(item.avro).toBe(item.avro);
    expect(item.attributes).toBe(item.attributes);
  });

  test('goes from JSON to JSON without objects', () => {
    const spy = vi.spyOn(Item.prototype, 'attributes', 'get').mockImplementation(() => {
      throw new Error('objects were made');
    });
    try {
      expect(Item.fromAvro(Item.fromJson(Buffer.from(JSON_TEXT)).avro).json.toString()).toBe(JSON_TEXT);
      expect(spy).not.toHaveBeenCalled();
    } finally {
      spy.mockRestore();
    }
  });

  test('has canonical numbers in its JSON, whatever JSON it was made of', () => {
    expect(Item.fromJson(Buffer.from('{"n":{"N":"1e0"},"a":{"S":"x"}}')).json.toString()).toBe(
      '{"n":{"N":"1"},"a":{"S":"x"}}',
    );
  });

  test('equals another in another order, and no other', () => {
    const item = Item.fromJson(Buffer.from(JSON_TEXT));
    expect(item.equals(Item.fromJson(Buffer.from('{"n":{"N":"1"},"a":{"S":"x"}}')))).toBe(true);
    expect(item.equals(Item.fromJson(Buffer.from('{"n":{"N":"2"},"a":{"S":"x"}}')))).toBe(false);
  });

  test('is the whole JSON text', () => {
    const notJson = expect.objectContaining({ code: 'NOT_JSON' }) as Error;
    expect(() => Item.fromJson(Buffer.from(`${JSON_TEXT}{}`))).toThrow(notJson);
  });
});
