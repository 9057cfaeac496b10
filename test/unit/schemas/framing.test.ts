import avro from 'avsc';
import { describe, expect, test } from 'vitest';
import { fingerprintOf, parsingCanonicalForm } from '../../../schemas/fingerprint.ts';
import { checkFrame, FRAMES, schemaText } from '../../../schemas/framing.ts';

const NAMES = ['change', 'key', 'marker'] as const;

describe('a fingerprint', () => {
  test.each([
    ['"int"', 0x7275d51a3f395c8fn],
    ['"string"', 0x8f014872634503c7n],
    ['"long"', 0xd054e14493f41db7n],
    ['{"type":"float"}', 0x4d7c02cb3ea8d790n],
    ['"null"', 0x63dd24e7cc258f8an],
    ['{"type":"fixed", "name":"foo", "doc":"x", "size":15}', 1756455273707447556n],
    [
      '{"namespace":"x.y.z", "type":"enum", "name":"foo", "doc":"foo bar", "symbols":["A1", "A2"]}',
      BigInt.asUintN(64, -4448647247586288245n),
    ],
  ])('of %s is that of the Avro specification', (schema, fingerprint) => {
    expect(fingerprintOf(schema)).toBe(fingerprint);
  });

  test.each(NAMES)("is made of the same canonical form as another library's: %s", (name) => {
    const theirs = avro.Type.forSchema(JSON.parse(schemaText(name)) as avro.Schema).schema();
    expect(parsingCanonicalForm(JSON.parse(schemaText(name)), '')).toBe(JSON.stringify(theirs));
  });
});

describe('a frame', () => {
  // These schemas are published. Who changes one makes every topic unreadable: add another instead.
  test.each([
    ['change', 'c3012105297a7ccb9a42'],
    ['key', 'c301065c11df71f78894'],
    ['marker', 'c3015c738114b4fe1aa4'],
  ] as const)('of the %s schema is never another', (name, hex) => {
    expect(FRAMES[name].toString('hex')).toBe(hex);
  });

  test('of another schema is refused by its fingerprint', () => {
    const unknown = expect.objectContaining({ code: 'SCHEMA_UNKNOWN' }) as Error;
    expect(() => checkFrame(FRAMES.key, 'change')).toThrow(unknown);
    expect(() => checkFrame(Buffer.from('c3'), 'change')).toThrow(unknown);
    expect(() => checkFrame(Buffer.from('{"a":1}, not framed'), 'change')).toThrow(unknown);
    expect(() => checkFrame(FRAMES.key, 'change')).toThrow(FRAMES.key.subarray(2).toString('hex'));
  });
});
