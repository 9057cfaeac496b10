import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExportLine } from '../../../schemas/export-line.ts';
import { CodecError } from '../../../schemas/faults.ts';
import {
  ElementCursor,
  findMember,
  MemberCursor,
  readName,
  skipValue,
} from '../../../schemas/json-cursor.ts';
import { itemToJson } from '../../../schemas/json-writer.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import { attributes } from '../../conformance/arbitraries.ts';
import { toJson } from './writers.ts';

const spaced = fc
  .tuple(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

describe('a JSON cursor', () => {
  test('steps over any value to its end', () => {
    fc.assert(
      fc.property(spaced, fc.constantFrom('', ' ', ',', '}'), (text, rest) => {
        const bytes = Buffer.from(text + rest);
        expect(skipValue(bytes, 0, bytes.length)).toBe(Buffer.byteLength(text));
      }),
      { numRuns: 500 },
    );
  });

  test('finds the member that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, other) => {
        const bytes = Buffer.from(` ${JSON.stringify(object, null, 1)}`);
        for (const name of [...Object.keys(object), other]) {
          const range = findMember(bytes, 0, bytes.length, name);
          const found = range === null ? undefined : bytes.toString('utf8', range.valueStart, range.valueEnd);
          const expected = Object.hasOwn(object, name) ? JSON.stringify(object[name]) : undefined;
          expect(found === undefined ? undefined : JSON.stringify(JSON.parse(found))).toBe(expected);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('goes through the elements of an array', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (array) => {
        const bytes = Buffer.from(`${JSON.stringify(array, null, 1)}tail`);
        const elements = new ElementCursor(bytes, 0, bytes.length);
        const texts: string[] = [];
        while (elements.next()) {
          const { valueStart, valueEnd } = elements.range();
          texts.push(bytes.toString('utf8', valueStart, valueEnd));
        }
        expect(bytes.toString('utf8', elements.endsAt)).toBe('tail');
        expect(texts.map((text) => JSON.stringify(JSON.parse(text)))).toEqual(
          array.map((value) => JSON.stringify(value)),
        );
      }),
    );
  });

  test('lets a page of items be read in one pass', () => {
    const scanner = new ItemScanner([{ name: 'k', type: 'N' }]);
    const page = Buffer.from(
      '{"Count":2, "Items": [ {"k":{"N":"1"}} , {"k":{"N":"2"}} ], "LastEvaluatedKey":{"k":{"N":"2"}}}',
    );
    const members = new MemberCursor(page, 0, page.length);
    const found: string[] = [];
    while (members.next()) {
      found.push(members.name);
      if (members.name !== 'Items') continue;
      const items = new ElementCursor(page, members.valueStart, page.length);
      while (items.next()) {
        const { avro, end } = scanner.scan(page, items.valueStart, page.length);
        items.leave(end);
        found.push(itemToJson(avro).toString());
      }
      members.leave(items.endsAt);
    }
    expect(found).toEqual(['Count', 'Items', '{"k":{"N":"1"}}', '{"k":{"N":"2"}}', 'LastEvaluatedKey']);
    expect(members.endsAt).toBe(page.length);
  });

  test('reads an escaped name', () => {
    const bytes = Buffer.from('"\\u0049tem" : 5');
    expect(readName(bytes, 0, bytes.length)).toEqual({ name: 'Item', valueStart: 14 });
  });

  test.each([
    '',
    '[',
    '[1',
    '[1,',
    '[1,]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{a:1}',
    '01',
    '1.',
    '-',
    'tru',
    'nul',
    '"a',
    '[1 2]',
    '{"a":1]',
    '+1',
  ])('refuses %j', (text) => {
    const bytes = Buffer.from(text);
    expect(() => skipValue(bytes, 0, bytes.length)).toThrow(
      expect.objectContaining({ code: 'NOT_JSON' }) as Error,
    );
  });

  test('does not exhaust the stack', () => {
    const bytes = Buffer.alloc(1_000_000, '[');
    expect(() => skipValue(bytes, 0, bytes.length)).toThrow(
      expect.objectContaining({ code: 'NESTING_TOO_DEEP' }) as Error,
    );
  });
});

describe('an export line', () => {
  const scanner = new ItemScanner([]);
  const parse = (text: string) => {
    const bytes = Buffer.from(`before${text}behind`);
    return parseExportLine(scanner, bytes, 6, bytes.length - 6);
  };

  test('gives its item, as DynamoDB writes it or otherwise', () => {
    fc.assert(
      fc.property(attributes, fc.integer({ min: 1 }), (item, seed) => {
        const json = toJson(item);
        const odd = toJson(item, seed);
        for (const line of [
          `{"Item":${json}}`,
          `{"Item":${json}}\r\n`,
          ` { "Item" : ${odd} } `,
          `{"\\u0049tem":${odd},"More":[{}]}`,
        ]) {
          expect(itemToJson(parse(line).avro).toString()).toBe(json);
        }
        expect(itemToJson(parse(`{"Metadata":{"Item":1},"Item":${json}}`).avro).toString()).toBe(json);
      }),
    );
  });

  test.each([
    ['ITEM_MISSING', '{}'],
    ['ITEM_MISSING', '{"Keys":{"k":{"S":"x"}}}'],
    ['NOT_JSON', ''],
    ['NOT_JSON', '{"Item":{}'],
    ['NOT_JSON', '{"Item":{}}}'],
    ['NOT_JSON', '{"Item":{}} x'],
    ['NOT_JSON', '{"Item":{}}{"Item":{}}'],
    ['DUPLICATE_NAME', '{"Item":{},"Item":{}}'],
    ['UNKNOWN_TYPE', '{"Item":null}'],
    ['UNKNOWN_TYPE', '{"Item":{"a":{"Q":1}}}'],
  ])('is refused with %s: %s', (code, line) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('names the fault by its byte within the line', () => {
    try {
      parse('{"Item":{"a":{"N":"x"}}}');
      expect.fail('nothing was thrown');
    } catch (error) {
      expect(error).toBeInstanceOf(CodecError);
      expect((error as CodecError).position).toBe(18);
    }
  });
});
