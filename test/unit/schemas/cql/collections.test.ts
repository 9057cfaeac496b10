import { describe, expect, test } from 'vitest';
import { Misfit } from '../../../../schemas/cql/value-codec.ts';
import type { AttributeValue } from '../../../../schemas/values.ts';
import { bytesOf, codec, outcome, typeOf } from './codecs.ts';
import { driverBytes, driverValue } from './driver-oracle.ts';

const point = (x: string, y: string): AttributeValue => ({
  M: new Map([
    ['y', { N: y }],
    ['x', { N: x }],
  ]),
});

const cases: readonly (readonly [type: string, values: readonly AttributeValue[]])[] = [
  ['list<int>', [{ L: [{ N: '1' }, { N: '-1' }] }]],
  ['frozen<list<text>>', [{ L: [{ S: '' }, { S: 'x' }, { S: 'x' }] }]],
  ['list<boolean>', [{ L: [{ BOOL: true }, { BOOL: false }] }]],
  ['list<frozen<list<decimal>>>', [{ L: [{ L: [{ N: '1.5' }] }] }]],
  ['set<text>', [{ SS: ['b', 'a', '😀'] }]],
  ['frozen<set<text>>', [{ SS: ['x'.repeat(70_000)] }]],
  ['set<bigint>', [{ NS: ['3', '-9223372036854775808', '9007199254740993'] }]],
  ['set<decimal>', [{ NS: ['3', '0.001'] }]],
  ['set<blob>', [{ BS: [Buffer.from([1]), Buffer.alloc(0)] }]],
  ['map<text, int>', [{ M: new Map([['b', { N: '1' }]]) }]],
  ['frozen<map<text, text>>', [{ M: new Map() }, { M: new Map([['', { S: '' }]]) }]],
  ['map<text, frozen<map<text, int>>>', [{ M: new Map([['a', { M: new Map([['b', { N: '1' }]]) }]]) }]],
  ['tuple<int, text>', [{ L: [{ N: '1' }, { S: 'x' }] }]],
  ['list<tuple<int, set<text>>>', [{ L: [{ L: [{ N: '1' }, { SS: ['x'] }] }] }]],
  ['point', [point('1', '2'), { M: new Map([['y', { N: '7' }]]) }]],
  ['frozen<point>', [{ M: new Map() }]],
  [
    'list<frozen<"Addr">>',
    [
      {
        L: [
          {
            M: new Map<string, AttributeValue>([['tags', { SS: ['x'] }]])
              .set('at', point('1', '2'))
              .set('city', { S: 'Turin' }),
          },
        ],
      },
    ],
  ],
];

describe('a collection', () => {
  test.each(cases)('%s has the bytes that the driver sends', (type, values) => {
    for (const value of values) {
      const ours = bytesOf(codec(type), value);
      const theirs = driverBytes(typeOf(type), driverValue(typeOf(type), value));
      expect(ours.toString('hex')).toBe(theirs.toString('hex'));
    }
  });

  test.each(cases)('%s gives back what it was made of', (type, values) => {
    for (const value of values) {
      const back = codec(type).decode(bytesOf(codec(type), value));
      expect(back).toEqual(value);
    }
  });

  test('that is frozen and empty is told from none, which the driver does not do', () => {
    expect(outcome(codec('frozen<list<int>>'), { L: [] })).toBe('00000000');
    expect(outcome(codec('list<frozen<list<int>>>'), { L: [{ L: [] }] })).toBe('000000010000000400000000');
    expect(codec('frozen<list<int>>').decode(Buffer.alloc(4))).toEqual({ L: [] });
  });

  test('has an element of 65535 bytes where it is not frozen, but none longer', () => {
    for (const [type, value] of [
      ['set<text>', (S: string): AttributeValue => ({ SS: [S] })],
      ['map<text, int>', (S: string): AttributeValue => ({ M: new Map([[S, { N: '1' }]]) })],
    ] as const) {
      expect(codec(type).encode(value('x'.repeat(65_535)))).toBeInstanceOf(Buffer);
      expect(codec(type).encode(value('x'.repeat(65_536)))).toBeInstanceOf(Misfit);
      expect(codec(`frozen<${type}>`).encode(value('x'.repeat(65_536)))).toBeInstanceOf(Buffer);
    }
  });

  test('takes what its server calls the same by another letter, but not twice', () => {
    const lower = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6';
    const other = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf7';
    const of = codec('set<uuid>');
    expect(of.decode(bytesOf(of, { SS: [lower.toUpperCase(), other] }))).toEqual({ SS: [lower, other] });
    expect(of.encode({ SS: [lower.toUpperCase(), lower] })).toBeInstanceOf(Misfit);
  });
});

const int = (value: string) => codec('int').encode({ N: value }) as Buffer;
const sized = (...parts: (Buffer | null)[]) =>
  Buffer.concat(
    parts.flatMap((part) => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(part === null ? -1 : part.length);
      return part === null ? [size] : [size, part];
    }),
  );
const counted = (count: number, ...parts: Buffer[]) => Buffer.concat([int(`${count}`), sized(...parts)]);

describe('bytes that came back', () => {
  test('compare equal in whatever order a set or map keeps, and not so in a list', () => {
    const one = int('1');
    const two = int('2');
    for (const type of ['set<int>', 'map<int, int>']) {
      const per = type === 'set<int>' ? [one] : [one, two];
      const other = type === 'set<int>' ? [two] : [two, one];
      const of = codec(type);
      const a = of.canonical(counted(2, ...per, ...other));
      expect(a.equals(of.canonical(counted(2, ...other, ...per)))).toBe(true);
      expect(of.canonical(a).equals(a)).toBe(true);
    }
    const list = codec('list<int>');
    expect(list.canonical(counted(2, one, two)).equals(list.canonical(counted(2, two, one)))).toBe(false);
  });

  test('compare by their parts, however deep', () => {
    const short = Buffer.from('0000000001', 'hex');
    const long = Buffer.from('000000010a', 'hex');
    expect(codec('decimal').canonical(long).equals(short)).toBe(true);
    const list = codec('list<frozen<set<decimal>>>');
    expect(
      list.canonical(counted(1, counted(1, long))).equals(list.canonical(counted(1, counted(1, short)))),
    ).toBe(true);
    const tuple = codec('tuple<decimal, int>');
    expect(tuple.canonical(sized(long, int('1'))).equals(sized(short, int('1')))).toBe(true);
    const map = codec('map<text, decimal>');
    expect(map.canonical(counted(1, long, long)).equals(counted(1, long, short))).toBe(true);
  });

  test('of an older form of a type miss the fields that were added to it', () => {
    const point = codec('point');
    expect(point.canonical(sized(int('1'))).equals(sized(int('1'), null))).toBe(true);
    expect(point.decode(sized(null, int('1')))).toEqual({ M: new Map([['y', { N: '1' }]]) });
    expect(codec('tuple<int, int>').decode(sized(int('1')))).toEqual({ L: [{ N: '1' }, { NULL: true }] });
  });

  test('that are not of their type are left alone when compared and refused when read', () => {
    const broken = [
      Buffer.alloc(0),
      Buffer.from([0, 0, 0]),
      counted(2, int('1')),
      Buffer.from('000000017fffffff', 'hex'),
    ];
    for (const type of ['list<int>', 'set<int>', 'map<int, int>']) {
      for (const bytes of broken) {
        expect(codec(type).canonical(bytes)).toBe(bytes);
        expect(() => codec(type).decode(bytes)).toThrow(/Bytes of a column are no (list|set|map)</);
      }
    }
    const three = sized(int('1'), int('2'), int('3'));
    for (const type of ['point', 'tuple<int, int>']) {
      expect(codec(type).canonical(three)).toBe(three);
      expect(() => codec(type).decode(three)).toThrow('Bytes of a column are no');
    }
    expect(() => codec('map<int, int>').decode(counted(1, int('1'), int('1')))).toThrow(
      'whose keys are text',
    );
  });

  test('of numbers and truth values compare by value', () => {
    const same = (type: string, a: string, b: string) =>
      expect(codec(type).canonical(Buffer.from(a, 'hex')).toString('hex')).toBe(b);
    same('decimal', '0000000200', '0000000000');
    same('decimal', '7fffffff00', '0000000000');
    same('decimal', '8000000000', '0000000000');
    same('decimal', '0000000000000a', '000000000a');
    same('decimal', '000000020000ffff', '0000000200ffff');
    same('decimal', 'fffffffe01', '0000000064');
    same('decimal', '000000030003e8', '0000000001');
    same('decimal', '00000001fff6', '00000000ff');
    same('decimal', '8000000001', '8000000001');
    same('decimal', '7fffffff0a', '7ffffffe01');
    same('varint', '000001', '01');
    same('varint', 'ffff80', '80');
    same('varint', '', '');
    same('boolean', '05', '01');
    same('double', '8000000000000000', '0000000000000000');
    same('double', '7ff8000000000001', '7ff8000000000000');
    same('float', '80000000', '00000000');
  });

  test('of another length than their type are refused when read', () => {
    const types = [
      'boolean',
      'tinyint',
      'int',
      'bigint',
      'varint',
      'decimal',
      'float',
      'double',
      'uuid',
      'inet',
    ];
    for (const type of [...types, 'timeuuid', 'date', 'time', 'timestamp']) {
      expect(() => codec(type).decode(Buffer.alloc(0))).toThrow(`Bytes of a column are no ${type}`);
      expect(codec(type).canonical(Buffer.alloc(0))).toHaveLength(0);
    }
    expect(() => codec('time').decode(bytesOf(codec('bigint'), { N: '86400000000000' }))).toThrow('no time');
    expect(() => codec('time').decode(bytesOf(codec('bigint'), { N: '-1' }))).toThrow('no time');
    expect(() => codec('double').decode(Buffer.from('7ff0000000000000', 'hex'))).toThrow('no double');
    expect(() => codec('decimal').decode(Buffer.from('7fffffff01', 'hex'))).toThrow('no decimal');
    expect(() => codec('double').decode(Buffer.from('0000000000000001', 'hex'))).toThrow('1E-130');
  });
});

describe('an attribute as DynamoDB JSON', () => {
  const json = codec('text', { json: true });

  test.each([
    [{ S: 'a"b' }, '{"S":"a\\"b"}'],
    [{ N: '19.95' }, '{"N":"19.95"}'],
    [{ B: Buffer.from('x') }, '{"B":"eA=="}'],
    [{ NULL: true }, '{"NULL":true}'],
    [{ L: [{ BOOL: true }, { L: [] }] }, '{"L":[{"BOOL":true},{"L":[]}]}'],
    [{ M: new Map([['ключ', { SS: ['x'] }]]) }, '{"M":{"ключ":{"SS":["x"]}}}'],
  ] as [AttributeValue, string][])('case %# is its text, and comes back', (value, text) => {
    expect(bytesOf(json, value).toString()).toBe(text);
    expect(json.decode(Buffer.from(text))).toEqual(value);
  });

  test('compares equal however its sets and maps are ordered and its text is spaced', () => {
    const canonical = (text: string) => json.canonical(Buffer.from(text)).toString();
    const form = '{"M":{"a":{"NS":["1","2"]},"b":{"L":[{"SS":["x","y"]}]},"c":{"BS":["AQ==","Ag=="]}}}';
    expect(canonical(form)).toBe(form);
    expect(
      canonical('{"M": {"c":{"BS":["Ag==","AQ=="]},"b":{"L":[{"SS":["y","x"]}]}, "a":{"NS":["2.0","1"]}}}'),
    ).toBe(form);
    expect(canonical('{"N":"1.0"}')).toBe('{"N":"1"}');
    expect(canonical('{"S":"\\u0061"}')).toBe('{"S":"a"}');
    expect(canonical(' {"S":"a"}')).toBe('{"S":"a"}');
    expect(canonical('{"S":"a"}')).toBe('{"S":"a"}');
  });

  test('leaves the text of somebody else alone, and refuses to read it', () => {
    for (const text of [
      '',
      'plain',
      '{"S":1}',
      '{"S":"a"},"w":{"S":"b"}',
      '{"S":"a","N":"1"}',
      '{"N":"x"}',
    ]) {
      expect(json.canonical(Buffer.from(text)).toString()).toBe(text);
      expect(() => json.decode(Buffer.from(text))).toThrow();
    }
  });

  test('is what a map of leftovers holds, its names plain', () => {
    const of = codec('frozen<map<text, text>>', { json: true });
    const value: AttributeValue = {
      M: new Map<string, AttributeValue>([['b', { SS: ['y', 'x'] }]]).set('a', { N: '1' }),
    };
    const bytes = bytesOf(of, value);
    expect(bytes.toString('hex')).toBe(
      counted(2, ...['b', '{"SS":["y","x"]}', 'a', '{"N":"1"}'].map((part) => Buffer.from(part))).toString(
        'hex',
      ),
    );
    expect(of.decode(bytes)).toEqual(value);
    expect(of.canonical(bytes).toString('hex')).toBe(
      counted(2, ...['a', '{"N":"1"}', 'b', '{"SS":["x","y"]}'].map((part) => Buffer.from(part))).toString(
        'hex',
      ),
    );
    expect(outcome(codec('set<text>', { json: true }), { NS: ['1'] })).toMatch(/are N, not text/);
    expect(outcome(codec('set<text>', { json: true }), { SS: ['a'] })).toBe('000000010000000161');
  });
});
