import { describe, expect, test } from 'vitest';
import { parseExportLine } from '../../../schemas/export-line.ts';
import { CodecError } from '../../../schemas/faults.ts';
import { Item } from '../../../schemas/item.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import { attributeAt } from '../../../source/export/fault-place.ts';
import { IonLines } from '../../../source/export/ion.ts';

const lines = new IonLines();
const scanner = new ItemScanner([]);

/** Stands behind the line in its chunk, and would end what the line leaves open. */
const BEHIND = '"}}';

function read(line: string | Buffer): Item {
  const bytes = Buffer.concat([Buffer.from(line as string), Buffer.from(BEHIND)]);
  const json = lines.toJson(bytes, 0, bytes.length - BEHIND.length);
  return Item.fromAvro(parseExportLine(scanner, json, 0, json.length).avro);
}

/** The value of `a` in DynamoDB JSON. */
const aOf = (ion: string): unknown => JSON.parse(read(`{Item:{a:${ion}}}`).json.toString()).a;

function faultOf(line: string | Buffer): CodecError {
  try {
    read(line);
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
    return error as CodecError;
  }
  throw new Error('nothing was thrown');
}

const nested = (opening: string, closing: string, levels: number) =>
  opening.repeat(levels) + closing.repeat(levels);

describe('an Ion value', () => {
  test.each<[string, unknown]>([
    ['103.', { N: '103' }],
    ['6d2', { N: '600' }],
    ['1.5D-3', { N: '0.0015' }],
    ['-0.', { N: '0' }],
    ['0d0', { N: '0' }],
    ['-12', { N: '-12' }],
    ['1_000.000_1', { N: '1000.0001' }],
    ['0xBe_ef', { N: '48879' }],
    ['-0b1_01', { N: '-5' }],
    ['1d125', { N: `1${'0'.repeat(125)}` }],
    [`-${'9'.repeat(38)}d-167`, { N: `-0.${'0'.repeat(129)}${'9'.repeat(38)}` }],
    [`${'1'.repeat(38)}000d-3`, { N: '1'.repeat(38) }],
    ['5/* five */', { N: '5' }],
    ['""', { S: '' }],
    ["''''''", { S: '' }],
    ["'''it's \"two\" ''' /* parts */ '''parts'''", { S: 'it\'s "two" parts' }],
    ['"it\'s"', { S: "it's" }],
    ['"\\0\\a\\b\\t\\n\\f\\r\\v\\"\\\'\\?\\\\\\/"', { S: '\0\x07\b\t\n\f\r\v"\'?\\/' }],
    ['"\\x41\\u00e9\\U0001F600\\uD83D\\ude00"', { S: 'Aé😀😀' }],
    ['"a\tb\vc\fd"', { S: 'a\tb\vc\fd' }],
    ['"\u2028\u007f\u0085"', { S: '\u2028\u007f\u0085' }],
    ['"$ion_1_0 // {{ "', { S: '$ion_1_0 // {{ ' }],
    ['true', { BOOL: true }],
    ['false', { BOOL: false }],
    ['null', { NULL: true }],
    ['null.null', { NULL: true }],
    ['null.string', { NULL: true }],
    ['null.struct', { NULL: true }],
    ['{{}}', { B: '' }],
    ['{{ AP\t8\rQ }}', { B: 'AP8Q' }],
    ['{{//8=}}', { B: '//8=' }],
    ['[]', { L: [] }],
    ['{}', { M: {} }],
    ['[[],{},[{}],]', { L: [{ L: [] }, { M: {} }, { L: [{ M: {} }] }] }],
    ['[1,"1",null,]', { L: [{ N: '1' }, { S: '1' }, { NULL: true }] }],
    [
      "{b:1,\"c d\":2,'e\\'f':3,'''g''' '''h''':4,}",
      { M: { b: { N: '1' }, 'c d': { N: '2' }, "e'f": { N: '3' }, gh: { N: '4' } } },
    ],
    [
      "{'':1,'$10':2,\"$11\":3,$x:4,_:5}",
      { M: { '': { N: '1' }, $10: { N: '2' }, $11: { N: '3' }, $x: { N: '4' }, _: { N: '5' } } },
    ],
    ["{true:1,'null':2,int:3}", { M: { true: { N: '1' }, null: { N: '2' }, int: { N: '3' } } }],
    ["$dynamodb_SS::[\"x\",'''y''',\"\"]", { SS: ['x', 'y', ''] }],
    ['$dynamodb_NS::[1.,-2.50,3d0]', { NS: ['1', '-2.5', '3'] }],
    ['$dynamodb_BS::[{{AQ==}},{{ }}]', { BS: ['AQ==', ''] }],
    ['\'$dynamodb_SS\' /**/ :: ["x",]', { SS: ['x'] }],
  ])('%s is %j', (ion, value) => {
    expect(aOf(ion)).toEqual(value);
  });

  test('may be named like a member of Object.prototype', () => {
    const item = read('{Item:{__proto__:1,constructor:{__proto__:{toString:"x"}}}}');
    expect(item.json.toString()).toBe(
      '{"__proto__":{"N":"1"},"constructor":{"M":{"__proto__":{"M":{"toString":{"S":"x"}}}}}}',
    );
  });

  test('may be nested 32 levels deep', () => {
    expect(aOf(nested('[', ']', 32))).toBeDefined();
    expect(aOf(nested('{b:', '}', 31).replace('{b:}', '{b:{}}'))).toBeDefined();
  });

  test('may be as large as an item can be, in any form', () => {
    const text = `${'\\0\\U0001F600é'.repeat(30_000)}${'x'.repeat(200_000)}`;
    const S = `${'\0😀é'.repeat(30_000)}${'x'.repeat(200_000)}`;
    expect(aOf(`"${text}"`)).toEqual({ S });
    expect(aOf(`'''${text}'''`)).toEqual({ S });
    const names = Array.from({ length: 20_000 }, (_, i) => `name_${i}:${i}`);
    expect(read(`{Item:{${names.join(',')}}}`).attributes.size).toBe(20_000);
  });

  test('that needed a huge buffer does not keep it', () => {
    expect(aOf(`"${'\\0'.repeat(1_000_000)}"`)).toEqual({ S: '\0'.repeat(1_000_000) });
    expect(lines.json.buffer.byteLength).toBeGreaterThan(6_000_000);
    read('{Item:{a:1}}');
    expect(lines.json.buffer.byteLength).toBeLessThan(1_000_000);
  });
});

describe('an Ion value that DynamoDB cannot have meant', () => {
  test.each([
    ['a float', '1e0', 'UNKNOWN_TYPE', 'float'],
    ['a float with a fraction', '-1.5E+3', 'UNKNOWN_TYPE', 'float'],
    ['infinity', '+inf', 'UNKNOWN_TYPE', 'float'],
    ['minus infinity', '-inf', 'UNKNOWN_TYPE', 'float'],
    ['nan', 'nan', 'UNKNOWN_TYPE', 'float'],
    ['a timestamp', '2024-06-10T06:13:20Z', 'UNKNOWN_TYPE', 'timestamp'],
    ['a year', '2024T', 'UNKNOWN_TYPE', 'timestamp'],
    ['a symbol', 'secret', 'UNKNOWN_TYPE', 'symbol'],
    ['a symbol in quotes', "'secret'", 'UNKNOWN_TYPE', 'symbol'],
    ['a clob', '{{"secret"}}', 'UNKNOWN_TYPE', 'clob'],
    ['a long clob', "{{ '''secret''' }}", 'UNKNOWN_TYPE', 'clob'],
    ['an s-expression', '(secret)', 'UNKNOWN_TYPE', 's-expression'],
    ['another annotation', 'secret::["x"]', 'UNKNOWN_TYPE', 'annotation'],
    ['an annotation of a set on a string', '$dynamodb_SS::"secret"', 'UNKNOWN_TYPE', 'no list'],
    ['an annotation of a set on a null', '$dynamodb_SS::null.list', 'UNKNOWN_TYPE', 'no list'],
    ['two annotations', '$dynamodb_SS::$dynamodb_SS::["x"]', 'UNKNOWN_TYPE', 'no list'],
    ['a number in a set of strings', '$dynamodb_SS::["x",1]', 'UNKNOWN_TYPE', 'strings'],
    ['a string in a set of numbers', '$dynamodb_NS::["secret"]', 'UNKNOWN_TYPE', 'decimals'],
    ['a float in a set of numbers', '$dynamodb_NS::[1e0]', 'UNKNOWN_TYPE', 'float'],
    ['a struct in a set of blobs', '$dynamodb_BS::[{}]', 'UNKNOWN_TYPE', 'blobs'],
    ['a null in a set', '$dynamodb_SS::[null]', 'UNKNOWN_TYPE', 'strings'],
    ['an empty set', '$dynamodb_SS::[]', 'SET_INVALID', 'empty'],
    ['a number twice in two spellings', '$dynamodb_NS::[10.,1d1]', 'SET_INVALID', 'twice'],
    ['39 digits', '1.00000000000000000000000000000000000001', 'NUMBER_PRECISION', '38'],
    ['1d126', '1d126', 'NUMBER_RANGE', '1E-130'],
    ['a hexadecimal number out of range', `0x1${'0'.repeat(105)}`, 'NUMBER_PRECISION', '38'],
    ['a blob that is not base64', '{{secret!}}', 'BASE64_INVALID', 'base64'],
    ['a blob without padding', '{{AQ}}', 'BASE64_INVALID', 'base64'],
    ['a comment in a blob', '{{AQ/* secret */==}}', 'BASE64_INVALID', 'base64'],
    ['one brace behind a blob', '{{AQ==},b:1', 'BASE64_INVALID', 'base64'],
    ['half a surrogate pair', '"\\ud83d"', 'UTF8_INVALID', 'surrogate'],
    ['33 levels of lists', nested('[', ']', 33), 'NESTING_TOO_DEEP', '32'],
    ['33 levels of structs', nested('{b:', '}', 33), 'NESTING_TOO_DEEP', '32'],
    ['100 000 levels', '['.repeat(100_000), 'NESTING_TOO_DEEP', '32'],
    ['a name twice in a map', "{b:1,'b':2}", 'DUPLICATE_NAME', 'twice'],
    ['a leading zero', '01', 'NOT_ION', 'number'],
    ['a leading plus', '+1', 'NOT_ION', 'number'],
    ['a trailing underscore', '1_', 'NOT_ION', 'number'],
    ['an underscore at the point', '1_.5', 'NOT_ION', 'number'],
    ['a number with a letter', '12x', 'NOT_ION', 'number'],
    ['a null of no type', 'null.secret', 'NOT_ION', 'null'],
    ['an unknown escape', '"secret\\q"', 'NOT_ION', 'escape'],
    ['an escape of one digit', '"\\x4"', 'NOT_ION', 'escape'],
    ['an escape beyond Unicode', '"\\U00110000"', 'NOT_ION', 'escape'],
    ['a raw control character', '"secret\u0001"', 'NOT_ION', 'control character'],
    ['a raw CR in a long string', "'''secret\r'''", 'NOT_ION', 'control character'],
    ['two commas', '[1,,2]', 'NOT_ION', 'value'],
    ['no comma', '[1 2]', 'NOT_ION', 'comma'],
    ['nothing', '', 'NOT_ION', 'value'],
  ])('is refused, and named without its value: %s', (_, ion, code, words) => {
    const fault = faultOf(`{Item:{ok:1,a:${ion}}}`);
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(words);
    expect(fault.message).not.toContain('secret');
    expect(attributeAt(lines.json, fault.position!)).toBe('a');
  });

  test('is refused when its bytes are not UTF-8', () => {
    for (const bad of ['"\xff"', '{"\xff":1}', "'''\xe2\x82'''"]) {
      const fault = faultOf(Buffer.from(`{Item:{a:${bad}}}`, 'latin1'));
      expect([fault.code, attributeAt(lines.json, fault.position!)]).toEqual(['UTF8_INVALID', 'a']);
    }
  });
});

describe('a line', () => {
  test.each([
    ['nothing', '', 'ITEM_MISSING'],
    ['whitespace', ' \r', 'ITEM_MISSING'],
    ['a version marker alone', '$ion_1_0', 'ITEM_MISSING'],
    ['a comment', '// {Item:{}}', 'ITEM_MISSING'],
    ['no item', '$ion_1_0 {Keys:{}}', 'ITEM_MISSING'],
    ['an item that is null', '{Item:null}', 'UNKNOWN_TYPE'],
    ['an item that is a list', '{Item:[]}', 'UNKNOWN_TYPE'],
    ['an item that is a blob', '{Item:{{}}}', 'UNKNOWN_TYPE'],
    ['an annotated item', '{Item:a::{}}', 'UNKNOWN_TYPE'],
    ['two items', '{Item:{a:1},Item:{a:1}}', 'DUPLICATE_NAME'],
    ['an attribute twice', '{Item:{a:1,"\\x61":1}}', 'DUPLICATE_NAME'],
    ['two records', '{Item:{a:1}} {Item:{a:2}}', 'NOT_ION'],
    ['a list', '[{Item:{a:1}}]', 'NOT_ION'],
    ['an annotated record', 'a::{Item:{a:1}}', 'NOT_ION'],
    ['an annotated name', '{a::Item:{a:1}}', 'NOT_ION'],
    ['a symbol by its number', '{Item:{$10:1}}', 'NOT_ION'],
    ['a symbol table', '$ion_1_0 $ion_symbol_table::{symbols:["a"]} {Item:{$10:1}}', 'NOT_ION'],
    ['brackets that cross in a member nobody knows', '{x:[},Item:{a:1}}', 'NOT_ION'],
    ['an operator in a member nobody knows', '{x:[+ !],Item:{a:1}}', 'NOT_ION'],
    ['another version of Ion', '$ion_1_1 {Item:{a:1}}', 'ION_UNREADABLE'],
    ['binary Ion', Buffer.from('e00100eaee95818386', 'hex'), 'ION_UNREADABLE'],
  ])('is refused that holds %s', (_, line, code) => {
    expect(faultOf(line).code).toBe(code);
  });

  test.each([
    ['the record', '{'],
    ['an item', '{Item:{a:1,'],
    ['a list', '{Item:{a:['],
    ['a string', '{Item:{a:"x'],
    ['a long string', "{Item:{a:'''x"],
    ['a comment', '{Item:{a: /* x'],
    ['a blob', '{Item:{a:{{AQ'],
    ['an escape', '{Item:{a:"\\'],
    ['the digits of an escape', '{Item:{a:"\\u00'],
    ['a name', "{Item:{'a"],
  ])('that ends inside %s says so: the file has not one record to a line', (_, line) => {
    const fault = faultOf(line);
    expect(fault.code).toBe('ION_UNREADABLE');
    expect(fault.message).toContain('ends before its record does');
  });

  test('names a symbol table and a version by their names', () => {
    expect(faultOf('$ion_symbol_table::{}').message).toContain('symbol table');
    expect(faultOf('$ion_1_1 {}').message).toContain('Ion 1.1');
  });

  test('tells no attribute when a name itself cannot be read', () => {
    expect(faultOf('{Item:{a:1,\u0001:2}}').position).toBeUndefined();
    expect(faultOf('{Item:{a:1,"\\q":2}}').position).toBeUndefined();
  });

  test('may have any version marker, whitespace and comments around its record, and members nobody knows', () => {
    const item = '{Item:{a:1}}';
    const unknown =
      "x:[1e0,2007-02-23T12:14Z,(a+-b.c [{{ '''clob''' }}]),null.int,{{ab//}},+inf],'y z':b::'c'::{d:\"}\",},z:2007T,w:-0x_";
    for (const line of [
      item,
      `$ion_1_0${item}`,
      ` $ion_1_0 $ion_1_0\t/* x */ ${item} // end`,
      `${item}\r`,
      `{${unknown},Item:{a:1},}`,
      '{"\\x49tem":{a:1},}',
    ]) {
      expect(read(line).json.toString(), line).toBe('{"a":{"N":"1"}}');
    }
  });

  test('leaves nothing behind for the next one', () => {
    faultOf('{Item:{a:"x');
    faultOf('{Item:{a:1e0}}');
    expect(read('{Item:{b:2}}').json.toString()).toBe('{"b":{"N":"2"}}');
    expect(faultOf('{').position).toBeUndefined();
  });
});
