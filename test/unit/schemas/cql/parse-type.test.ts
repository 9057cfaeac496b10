import { describe, expect, test } from 'vitest';
import { canReverse, defaultRules } from '../../../../schemas/cql/codec-of.ts';
import { parseCqlType, TypeSyntaxError, typeText } from '../../../../schemas/cql/parse-type.ts';
import { typeOf } from './codecs.ts';

describe('the text of a type', () => {
  test.each([
    ['int', 'int'],
    ['  TEXT ', 'text'],
    ['VarChar', 'text'],
    ['list<int>', 'list<int>'],
    ['LIST < INT >', 'list<int>'],
    ['frozen<set<text>>', 'frozen<set<text>>'],
    ['map<text,list<int>>', null],
    ['map<text , frozen<list<int>>>', 'map<text, frozen<list<int>>>'],
    ['frozen<map<text, list<set<int>>>>', 'frozen<map<text, frozen<list<frozen<set<int>>>>>>'],
    ['frozen<frozen<list<int>>>', 'frozen<list<int>>'],
    ['tuple<int, text>', 'frozen<tuple<int, text>>'],
    ['frozen<tuple<int, list<int>>>', 'frozen<tuple<int, frozen<list<int>>>>'],
    ['list<tuple<int>>', 'list<frozen<tuple<int>>>'],
    ['tuple<point>', 'frozen<tuple<frozen<"point">>>'],
    ['Point', '"point"'],
    ['"Addr"', '"Addr"'],
    ['set<frozen<"Addr">>', 'set<frozen<"Addr">>'],
  ])('%s is read, and written %s', (text, written) => {
    if (written === null) {
      expect(() => typeOf(text)).toThrow(TypeSyntaxError);
      return;
    }
    expect(typeText(typeOf(text))).toBe(written);
    expect(typeOf(written)).toEqual(typeOf(text));
  });

  test('of a quoted name keeps its quotes', () => {
    const odd = { kind: 'udt', frozen: false, name: 'a "b', fields: [] } as const;
    expect(typeText(odd)).toBe('"a ""b"');
    expect(parseCqlType('"a ""b"', new Map([['a "b', odd]]))).toEqual(odd);
  });

  test('freezes a user-defined type through and through', () => {
    const loose = {
      kind: 'udt',
      frozen: false,
      name: 'loose',
      fields: [{ name: 'all', type: typeOf('list<int>') }],
    } as const;
    expect(() => parseCqlType('loose', new Map([['loose', loose]]))).toThrow(
      'has a field "all" that is not frozen, which only frozen<"loose"> can have',
    );
    expect(parseCqlType('frozen<loose>', new Map([['loose', loose]]))).toEqual({
      ...loose,
      frozen: true,
      fields: [{ name: 'all', type: typeOf('frozen<list<int>>') }],
    });
  });

  test.each([
    ['', 'is no CQL type: a name is missing'],
    ['list<>', 'is no CQL type: a name is missing'],
    ['tekst', 'is no CQL type; did you mean "text"?'],
    ['Biginteger', 'is no CQL type; a user-defined type is declared under types:'],
    ['String', 'is no CQL type; did you mean "text"?'],
    ['number', 'is no CQL type; did you mean "decimal"?'],
    ['pont', 'is no CQL type; did you mean "point"?'],
    ['list<strng>', 'holds strng, which is no CQL type; a user-defined type is declared under types:'],
    ['frozen<lst<int>>', 'holds lst, which is no CQL type; did you mean "list"?'],
    ['Addr', 'is no CQL type; a name with capitals is quoted: "Addr"'],
    ['frozen<addr>', 'holds addr, which is no CQL type; a name with capitals is quoted: "Addr"'],
    ['"addr"', 'is no CQL type; did you mean "Addr"?'],
    ['"Person"', 'is no CQL type; a user-defined type is declared under types:'],
    ['counter', 'is refused: a counter can only be added to, never set'],
    ['list<duration>', /^holds duration, which is refused: no attribute/],
    ['vector<float, 3>', /^holds vector, which is refused: /],
    ["'org.apache.cassandra.db.marshal.DynamicCompositeType'", /^is a class of the server/],
    ['frozen<int>', 'holds frozen<int>: only collections, tuples and user-defined types can be frozen'],
    ['list<list<int>>', 'holds list<int>, which must be frozen there: only frozen collections can be nested'],
    ['map<text, point>', 'holds "point", which must be frozen there: only frozen collections can be nested'],
    ['set<int, int>', 'holds set<…>, which takes one type, not 2'],
    ['map<int>', 'holds map<…>, which takes two types, not 1'],
    ['list', 'names list<…>, which takes one type in angle brackets'],
    ['list<int', 'has an angle bracket that is not closed'],
    ['list<int>>', 'has something behind its end'],
    ['int, int', 'has something behind its end'],
    ['int;', 'holds a character that no type has'],
    ['ks.point', 'holds a character that no type has'],
    ['"open', 'holds a character that no type has'],
    ['list<'.repeat(40), 'is nested more than 32 levels deep'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => typeOf(text)).toThrow(TypeSyntaxError);
    expect(() => typeOf(text)).toThrow(message);
  });

  test('that is unknown where no type is declared is told so', () => {
    expect(() => parseCqlType('"x"', new Map())).toThrow('declared under types:');
  });
});

describe('a key column', () => {
  test.each([
    ['S', ['text', 'ascii', 'uuid', 'timeuuid', 'inet', 'date', 'time']],
    ['N', ['tinyint', 'smallint', 'int', 'bigint', 'varint', 'decimal', 'float', 'double', 'timestamp']],
    ['B', ['blob']],
  ] as const)('of %s can be of just these types', (keyType, names) => {
    const all = ['text', 'ascii', 'uuid', 'timeuuid', 'inet', 'date', 'time', 'tinyint', 'smallint', 'int'];
    const others = [
      'bigint',
      'varint',
      'decimal',
      'float',
      'double',
      'timestamp',
      'blob',
      'boolean',
      'point',
    ];
    const can = [...all, ...others, 'frozen<list<text>>'].filter((name) =>
      canReverse(typeOf(name), defaultRules, keyType),
    );
    expect(can.sort()).toEqual([...names].sort());
    expect(canReverse(typeOf('text'), { ...defaultRules, json: true }, keyType)).toBe(true);
  });
});
