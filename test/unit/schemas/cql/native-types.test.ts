import { describe, expect, test } from 'vitest';
import { AvroReader } from '../../../../schemas/avro-reader.ts';
import type { AttributeValue } from '../../../../schemas/values.ts';
import { bytesOf, codec, outcome, typeOf } from './codecs.ts';
import { driverBytes, driverValue } from './driver-oracle.ts';

const nines = '9'.repeat(38);
const smallest = `0.${'0'.repeat(129)}1`;
const largest = nines + '0'.repeat(88);

const cases: readonly (readonly [type: string, values: readonly AttributeValue[]])[] = [
  ['text', texts('', 'x', 'naïve', '😀', '\u0000', 'é'.repeat(100), 'x'.repeat(70_000))],
  ['VarChar', texts('x')],
  ['ascii', texts('', 'plain', '\u007f\u0000', 'x'.repeat(100))],
  ['blob', [{ B: Buffer.alloc(0) }, { B: Buffer.from([0, 255]) }, { B: new Uint8Array(70_000).fill(7) }]],
  ['boolean', [{ BOOL: true }, { BOOL: false }]],
  ['tinyint', numbers('0', '1', '-1', '127', '-128')],
  ['smallint', numbers('0', '255', '-256', '32767', '-32768')],
  ['int', numbers('0', '65536', '-65537', '2147483647', '-2147483648')],
  [
    'bigint',
    numbers(
      '0',
      '-1',
      '4294967296',
      '-4294967297',
      '9007199254740991',
      '-9007199254740991',
      '9007199254740992',
      '-9007199254740993',
      '1718001234567890123',
      '9223372036854775807',
      '-9223372036854775808',
    ),
  ],
  [
    'varint',
    numbers(
      ...['0', '1', '-1', '127', '128', '-128', '-129', '255', '256', '32767', '32768', '-32769'],
      ...['8388607', '-8388608', '-8388609', '2147483648', '-2147483649', '1099511627776'],
      ...['9007199254740991', '-9007199254740991', '9007199254740992', '-9223372036854775809'],
      ...[nines, `-${nines}`, `1${'0'.repeat(125)}`, largest, `-${largest}`],
    ),
  ],
  [
    'decimal',
    numbers(
      ...['0', '1', '-1', '19.95', '-0.001', '0.1', '100', '12345678901234567890.5', '0.128', '-1.28'],
      ...[nines, `0.${nines}`, `-${nines}`, smallest, `-${smallest}`, largest, `1${'0'.repeat(125)}`],
    ),
  ],
  [
    'double',
    numbers('0', '1', '-1', '0.1', '1.5', '123456789.125', '1000000000000000000000000', '0.000000001'),
  ],
  [
    'float',
    numbers('0', '1', '-1', '0.1', '1.5', '16777216', '0.000000001', '3.4', '0.1234567', '1.2345679'),
  ],
  ['uuid', texts('00000000-0000-0000-0000-000000000000', 'F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6')],
  ['timeuuid', texts('f81d4fae-7dec-11d0-a765-00a0c91e6bf6')],
  ['inet', texts('127.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1:0:0:2', '2001:DB8:0:0:1:0:0:1')],
  ['date', texts('1970-01-01', '1969-12-31', '2000-02-29', '2024-02-29', '1582-10-10', '9999-12-31')],
  ['time', texts('00:00:00', '23:59:59.999999999', '12:34:56.7', '01:02:03.000000001')],
  [
    'timestamp',
    [
      ...numbers(
        '0',
        '-1',
        '1718001234567',
        '-62135596800000',
        '9223372036854775807',
        '-9223372036854775808',
      ),
      ...texts('1970-01-01T00:00:00Z', '1969-12-31T23:59:59.999Z', '2024-02-29T12:00:00.5+05:30'),
      ...texts('2024-02-29T12:00:00-08:00', '0001-01-01T00:00:00Z'),
    ],
  ],
];

function texts(...all: string[]): AttributeValue[] {
  return all.map((S) => ({ S }));
}

function numbers(...all: string[]): AttributeValue[] {
  return all.map((N) => ({ N }));
}

const rows = cases.flatMap(([type, values]) => values.map((value) => ({ type, value })));

describe('a native type', () => {
  test.each(cases)('%s has the bytes that the driver sends', (type, values) => {
    for (const value of values) {
      const ours = bytesOf(codec(type), value);
      const theirs = driverBytes(typeOf(type), driverValue(typeOf(type), value));
      expect([value, ours.toString('hex')]).toEqual([value, theirs.toString('hex')]);
    }
  });

  test('gives back what it was made of, in its one form', () => {
    const forms: Readonly<Record<string, string>> = {
      'F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6': 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
      '2001:DB8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
      'fe80::1:0:0:2': 'fe80::1:0:0:2',
    };
    for (const { type, value } of rows) {
      if (type === 'timestamp' && 'S' in value) continue;
      const expected = 'S' in value ? { S: forms[value.S] ?? value.S } : value;
      const back = codec(type).decode(bytesOf(codec(type), value));
      expect('B' in back ? { B: Buffer.from(back.B) } : back).toEqual(
        'B' in expected ? { B: Buffer.from(expected.B) } : expected,
      );
    }
  });

  test('leaves bytes of its own as they compare', () => {
    for (const { type, value } of rows) {
      const bytes = bytesOf(codec(type), value);
      expect(codec(type).canonical(bytes).equals(bytes)).toBe(true);
    }
  });

  test('text and blobs are slices of what is read, not copies', () => {
    const bytes = Buffer.from([0, 4, 0x61, 0x62]);
    for (const [type, branch] of [
      ['text', 0],
      ['ascii', 0],
      ['blob', 4],
    ] as const) {
      bytes[0] = branch;
      bytes[1] = 4;
      const encoded = codec(type).encodeAvro(new AvroReader(bytes)) as Buffer;
      expect([encoded.toString(), encoded.buffer === bytes.buffer]).toEqual(['ab', true]);
    }
  });
});

describe('a timestamp', () => {
  const year3000 = '32503680000';

  test.each([
    ['seconds', year3000, '32503680000000'],
    ['seconds', '1718001234.567', '1718001234567'],
    ['seconds', '-0.001', '-1'],
    ['seconds', '9223372036854775.807', '9223372036854775807'],
    ['seconds', '9007199254740991', '9007199254740991000'],
    ['milliseconds', '1718001234567', '1718001234567'],
    ['microseconds', '1718001234567000', '1718001234567'],
    ['microseconds', '-1000', '-1'],
    ['microseconds', '9223372036854775807000', '9223372036854775807'],
  ] as const)('from %s %s is the millisecond %s, and comes back in that unit', (unit, text, ms) => {
    const of = codec('timestamp', { unit });
    const bytes = bytesOf(of, { N: text });
    expect(bytes.readBigInt64BE().toString()).toBe(ms);
    expect(of.decode(bytes)).toEqual({ N: text });
  });

  test.each([
    ['2024-03-01T00:00Z', '2024-03-01T00:00:00.000Z'],
    ['2024-03-01t00:00:00z', '2024-03-01T00:00:00.000Z'],
    ['2024-03-01 01:30:00.12+0130', '2024-03-01T00:00:00.120Z'],
    ['2024-02-29T23:00:00.123000000-01', '2024-03-01T00:00:00.123Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
  ])('from %s is %s', (text, iso) => {
    expect(Number(bytesOf(codec('timestamp'), { S: text }).readBigInt64BE())).toBe(Date.parse(iso));
  });
});

describe('a whole number', () => {
  test('is exact on both sides of what a JavaScript number holds exactly', () => {
    for (let value = 2n ** 53n - 100n; value < 2n ** 53n + 100n; value++) {
      for (const N of [`${value}`, `-${value}`]) {
        expect(bytesOf(codec('bigint'), { N }).readBigInt64BE()).toBe(BigInt(N));
        expect(codec('varint').decode(bytesOf(codec('varint'), { N }))).toEqual({ N });
      }
    }
  });
});

describe('an address', () => {
  test.each([
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304', '::ffff:1.2.3.4'],
    ['::FFFF:102:304', '00000000000000000000ffff01020304', '::ffff:1.2.3.4'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221', '64:ff9b::c000:221'],
    ['1:0:0:2:0:0:0:3', '00010000000000020000000000000003', '1:0:0:2::3'],
    ['1:2:3:4:5:6:7:0', '00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
    ['1::', '00010000000000000000000000000000', '1::'],
  ])('%s is %s and read as %s', (text, hex, back) => {
    expect(outcome(codec('inet'), { S: text })).toBe(hex);
    expect(codec('inet').decode(Buffer.from(hex, 'hex'))).toEqual({ S: back });
  });
});

describe('a date', () => {
  test('is right on every day of five centuries and far from them', () => {
    const of = codec('date');
    for (let day = -150_000; day < 50_000; day++) {
      const text = new Date(day * 86_400_000).toISOString().slice(0, 10);
      const bytes = bytesOf(of, { S: text });
      const back = of.decode(bytes);
      if (bytes.readUInt32BE() !== day + 2 ** 31 || !('S' in back) || back.S !== text) expect.fail(text);
    }
    expect(of.decode(Buffer.from([0, 0, 0, 0]))).toEqual({ S: '-5877641-06-23' });
    expect(of.decode(Buffer.from([255, 255, 255, 255]))).toEqual({ S: '5881580-07-11' });
  });
});
