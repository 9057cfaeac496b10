import { describe, expect, test } from 'vitest';
import { AvroReader } from '../../../../schemas/avro-reader.ts';
import { Misfit } from '../../../../schemas/cql/value-codec.ts';
import { skipValue } from '../../../../schemas/skip-avro.ts';
import type { AttributeValue } from '../../../../schemas/values.ts';
import { codec, outcome, readerAt } from './codecs.ts';

const S: AttributeValue = { S: 'x' };
const N: AttributeValue = { N: '1' };
const B: AttributeValue = { B: Buffer.from('x') };
const BOOL: AttributeValue = { BOOL: true };
const NULL: AttributeValue = { NULL: true };
const M: AttributeValue = { M: new Map([['x', N]]) };
const L: AttributeValue = { L: [N] };
const SS: AttributeValue = { SS: ['x'] };
const NS: AttributeValue = { NS: ['1'] };
const BS: AttributeValue = { BS: [Buffer.from('x')] };
const kinds = { S, N, B, BOOL, NULL, M, L, SS, NS, BS };

const taken: Readonly<Record<string, readonly string[]>> = {
  text: ['S'],
  ascii: ['S'],
  uuid: ['S'],
  timeuuid: ['S'],
  inet: ['S'],
  date: ['S'],
  time: ['S'],
  timestamp: ['S', 'N'],
  tinyint: ['N'],
  smallint: ['N'],
  int: ['N'],
  bigint: ['N'],
  varint: ['N'],
  decimal: ['N'],
  float: ['N'],
  double: ['N'],
  blob: ['B'],
  boolean: ['BOOL'],
  'list<int>': ['L'],
  'set<text>': ['SS', 'NS', 'BS'],
  'map<text, int>': ['M'],
  'frozen<tuple<int>>': ['L'],
  '"point"': ['M'],
};

describe('an attribute of another type', () => {
  test.each(Object.entries(taken))('is no %s, and its kind is told', (type, takes) => {
    for (const [kind, value] of Object.entries(kinds)) {
      const told = outcome(codec(type), value);
      if (takes.includes(kind)) expect(told).not.toMatch(/, the column /);
      else expect(told).toBe(`is ${kind}, the column ${type}`);
    }
  });
});

const long = 'x'.repeat(65_536);
const emptyList: AttributeValue = { L: [] };
const emptyMap: AttributeValue = { M: new Map() };

const refusals: readonly (readonly [type: string, value: AttributeValue, reason: string])[] = [
  ['ascii', { S: 'naïve' }, 'holds a character that is not ASCII'],
  ['ascii', { S: `${'x'.repeat(100)}ï` }, 'holds a character that is not ASCII'],
  ['int', { N: '1.5' }, 'is no integer'],
  ['varint', { N: '0.1' }, 'is no integer'],
  ['tinyint', { N: '128' }, 'is outside the range of tinyint'],
  ['tinyint', { N: '-129' }, 'is outside the range of tinyint'],
  ['smallint', { N: '32768' }, 'is outside the range of smallint'],
  ['smallint', { N: '-32769' }, 'is outside the range of smallint'],
  ['int', { N: '2147483648' }, 'is outside the range of int'],
  ['int', { N: '-2147483649' }, 'is outside the range of int'],
  ['int', { N: `1${'0'.repeat(125)}` }, 'is outside the range of int'],
  ['bigint', { N: '9223372036854775808' }, 'is outside the range of bigint'],
  ['bigint', { N: '-9223372036854775809' }, 'is outside the range of bigint'],
  ['double', { N: '0.12345678901234567' }, 'is not exact as double'],
  ['double', { N: '9007199254740993' }, 'is not exact as double'],
  ['float', { N: '16777217' }, 'is not exact as float'],
  ['float', { N: '0.12345678901' }, 'is not exact as float'],
  ['float', { N: '1000000000000000000000000000000000000000' }, 'is outside the range of float'],
  ['float', { N: `0.${'0'.repeat(60)}1` }, 'is outside the range of float'],
  ['uuid', { S: 'f81d4fae7dec11d0a76500a0c91e6bf6' }, 'is no uuid'],
  ['uuid', { S: 'g81d4fae-7dec-11d0-a765-00a0c91e6bf6' }, 'is no uuid'],
  ['uuid', { S: 'f81d4fae-7dec-11d0-a76500-a0c91e6bf6' }, 'is no uuid'],
  ['uuid', { S: '{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}' }, 'is no uuid'],
  ['timeuuid', { S: 'x' }, 'is no uuid'],
  ['timeuuid', { S: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6' }, 'is no uuid of version 1, a timeuuid'],
  ...['', '1.2.3', '01.2.3.4', '1.2.3.256', 'fe80::1%eth0', ':::', '1:2:3:4:5:6:7:8:9', long].map(
    (S): [string, AttributeValue, string] => ['inet', { S }, 'is no IPv4 or IPv6 address'],
  ),
  ...[
    '',
    '2023-02-29',
    '1900-02-29',
    '2024-13-01',
    '2024-00-01',
    '2024-04-31',
    '2024-01-00',
    '24-01-01',
    long,
  ].map((S): [string, AttributeValue, string] => ['date', { S }, 'is no date as yyyy-mm-dd']),
  ...['24:00:00', '12:60:00', '12:00:60', '12:00', '12:00:00.', '12:00:00.1234567891', '-1:00:00'].map(
    (S): [string, AttributeValue, string] => [
      'time',
      { S },
      'is no time of day as hh:mm:ss with at most nine digits behind the second',
    ],
  ),
  ...[
    '2024-02-29T12:00:00',
    '2024-02-29',
    '2023-02-29T12:00:00Z',
    '2024-02-29T24:00:00Z',
    '2024-02-29T12:00:60Z',
    '2024-02-29T12:00:00+24:00',
    '2024-02-29T12:00:00 Europe/Berlin',
    '1718001234',
    `2024-02-29T12:00:00.${'0'.repeat(100)}Z`,
  ].map((S): [string, AttributeValue, string] => [
    'timestamp',
    { S },
    'is no ISO 8601 timestamp with a zone',
  ]),
  ['timestamp', { S: '2024-02-29T12:00:00.0001Z' }, 'has digits below the millisecond'],
  ['timestamp', { N: '0.5' }, 'has digits below the millisecond'],
  ['timestamp', { N: '9223372036854775808' }, 'is outside the range of timestamp'],
  ['list<int>', { L: [N, S] }, 'holds an element that is S, not int'],
  ['list<int>', { L: [NULL] }, 'holds an element that is NULL, not int'],
  ['list<int>', { L: [{ N: '1.5' }] }, 'holds an element that is no integer'],
  [
    'list<frozen<list<int>>>',
    { L: [{ L: [S] }] },
    'holds an element that holds an element that is S, not int',
  ],
  ['list<frozen<list<int>>>', { L: [S] }, 'holds an element that is S, not frozen<list<int>>'],
  ['list<int>', emptyList, 'is an empty list, which a list<int> that is not frozen cannot tell from none'],
  [
    'map<text, int>',
    emptyMap,
    'is an empty map, which a map<text, int> that is not frozen cannot tell from none',
  ],
  ['"point"', emptyMap, 'is an empty map, which a "point" that is not frozen cannot tell from none'],
  ['set<int>', SS, 'holds elements that are S, not int'],
  ['set<text>', NS, 'holds elements that are N, not text'],
  ['set<text>', BS, 'holds elements that are B, not text'],
  ['set<boolean>', SS, 'holds elements that are S, not boolean'],
  ['set<frozen<list<int>>>', NS, 'holds elements that are N, not frozen<list<int>>'],
  ['set<tinyint>', { NS: ['1', '1000'] }, 'holds an element that is outside the range of tinyint'],
  [
    'set<uuid>',
    { SS: ['f81d4fae-7dec-41d0-a765-00a0c91e6bf6', 'F81d4fae-7dec-41d0-a765-00a0c91e6bf6'] },
    'holds elements that become the same uuid',
  ],
  ['set<text>', { SS: ['x', long] }, 'holds an element of more than 65535 bytes, and is not frozen'],
  ['map<text, int>', { M: new Map([[long, N]]) }, 'holds a name of more than 65535 bytes, and is not frozen'],
  ['map<text, int>', { M: new Map([['x', S]]) }, 'holds a member that is S, not int'],
  ['map<ascii, int>', { M: new Map([['ï', N]]) }, 'holds a name that holds a character that is not ASCII'],
  ['map<int, int>', M, 'holds names, which are text, not int'],
  ['map<boolean, int>', M, 'holds names, which are text, not boolean'],
  [
    'map<time, int>',
    { M: new Map([['12:00:00', N]]).set('12:00:00.0', N) },
    'holds names that become the same time',
  ],
  ['frozen<tuple<int, text>>', L, 'is a list of another length than the tuple'],
  ['frozen<tuple<int>>', { L: [N, N] }, 'is a list of another length than the tuple'],
  ['frozen<tuple<int, text>>', { L: [N, N] }, 'holds an element that is N, not text'],
  ['frozen<tuple<int>>', { L: [NULL] }, 'holds an element that is NULL, not int'],
  ['point', { M: new Map([['z', N]]) }, 'holds a member that is no field of the user-defined type'],
  ['point', { M: new Map([['x', S]]) }, 'holds a field "x" that is S, not int'],
  ['point', { M: new Map([['x', NULL]]) }, 'holds a field "x" that is NULL, not int'],
  [
    '"Addr"',
    { M: new Map([['at', { M: new Map([['y', S]]) }]]) },
    'holds a field "at" that holds a field "y" that is S, not int',
  ],
];

describe('a value that a type cannot hold', () => {
  test.each(refusals)('of %s, case %#, is told by its cause and never by itself', (type, value, reason) => {
    expect(outcome(codec(type), value)).toBe(reason);
  });

  test('is stepped over, so that what follows it can be read', () => {
    for (const [type, value] of refusals) {
      const { reader, end } = readerAt(value);
      expect(codec(type).encodeAvro(reader)).toBeInstanceOf(Misfit);
      expect(reader.pos).toBe(end);
      const skipped = new AvroReader(reader.buffer, 3);
      skipValue(skipped, 0);
      expect(skipped.pos).toBe(end);
    }
  });

  test('gives the same answer object every time, for counting', () => {
    for (const [type, value] of refusals) {
      const of = codec(type);
      expect(of.encode(value)).toBe(of.encode(value));
    }
  });

  test('of a float that may round is rounded, but not to nothing and not beyond all bounds', () => {
    const lossy = { lossy: true };
    expect(outcome(codec('float', lossy), { N: '16777217' })).toBe(
      outcome(codec('float'), { N: '16777216' }),
    );
    expect(outcome(codec('double', lossy), { N: '0.10000000000000000001' })).toBe(
      outcome(codec('double'), { N: '0.1' }),
    );
    expect(outcome(codec('float', lossy), { N: `1${'0'.repeat(39)}` })).toBe('is outside the range of float');
    expect(outcome(codec('float', lossy), { N: `-0.${'0'.repeat(60)}1` })).toBe(
      'is outside the range of float',
    );
    expect(outcome(codec('set<float>', lossy), { NS: ['16777217', '16777216'] })).toBe(
      'holds elements that become the same float',
    );
  });

  test('in a unit is told by the millisecond', () => {
    expect(outcome(codec('timestamp', { unit: 'microseconds' }), { N: '1001' })).toMatch(/below the milli/);
    expect(outcome(codec('timestamp', { unit: 'microseconds' }), { N: '1000.5' })).toMatch(/below the milli/);
    expect(outcome(codec('timestamp', { unit: 'seconds' }), { N: '0.0001' })).toMatch(/below the milli/);
    expect(outcome(codec('timestamp', { unit: 'seconds' }), { N: '9223372036854776' })).toMatch(/outside/);
  });

  test('which is an empty set, as only another program writes it, is like an empty list', () => {
    const empty = () => new AvroReader(Buffer.from([14, 0]));
    expect(codec('set<text>').encodeAvro(empty())).toMatchObject({
      reason: expect.stringMatching(/^is an empty set/),
    });
    expect(codec('frozen<set<text>>').encodeAvro(empty())).toEqual(Buffer.alloc(4));
  });

  test('that is no UTF-8 or no number is an error of the record, whatever the column', () => {
    const at = (...bytes: number[]) => new AvroReader(Buffer.from(bytes));
    expect(() => codec('text').encodeAvro(at(0, 2, 0xff))).toThrow('UTF-8');
    expect(() => codec('text', { json: true }).encodeAvro(at(0, 2, 0xff))).toThrow('UTF-8');
    expect(() => codec('set<text>').encodeAvro(at(14, 2, 2, 0xff, 0))).toThrow('UTF-8');
    for (const type of ['int', 'decimal', 'double', 'timestamp']) {
      expect(() => codec(type).encodeAvro(at(2, 2, 0x78))).toThrow('not a decimal number');
    }
  });
});
