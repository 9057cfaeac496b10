import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Converter } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { ChangeRecord, ExportOrigin, StreamOrigin } from '../../schemas/change.ts';
import { encodeAttributes } from '../../schemas/encode.ts';
import { Item } from '../../schemas/item.ts';
import { encodeKey } from '../../schemas/key.ts';
import type { KeySchema, KeyType } from '../../schemas/values.ts';
import { attributes, binaries, names, numbers, strings } from './arbitraries.ts';

/** A law of converters with what shows whether one keeps it. */
export interface ConverterLaw {
  readonly name: string;
  /** @param shrinks whether the simplest record that shows a fault is looked for. */
  readonly run: (converter: Converter, shrinks?: boolean) => void;
}

/** Runs every law. */
export function converterSuite(converter: Converter): void {
  describe(`${converter.name} keeps the laws of a converter`, () => {
    for (const law of CONVERTER_LAWS) test(law.name, () => law.run(converter));
  });
}

const keyValue = fc.oneof(
  fc.tuple(
    fc.constant<KeyType>('S'),
    strings.filter((S) => S !== '').map((S) => ({ S })),
  ),
  fc.tuple(
    fc.constant<KeyType>('N'),
    numbers.map((N) => ({ N })),
  ),
  fc.tuple(
    fc.constant<KeyType>('B'),
    binaries.filter((B) => B.length > 0).map((B) => ({ B })),
  ),
);

const key = fc
  .uniqueArray(fc.tuple(names, keyValue), { minLength: 1, maxLength: 2, selector: ([name]) => name })
  .map((entries) => {
    const schema: KeySchema = entries.map(([name, [type]]) => ({ name, type }));
    return encodeKey(schema, new Map(entries.map(([name, [, value]]) => [name, value])));
  });

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const exportOrigin: fc.Arbitrary<ExportOrigin> = fc.record({ snapshot: strings, file: strings, line: count });
const streamOrigin: fc.Arbitrary<StreamOrigin> = fc.record({
  shard: strings,
  sequence: fc.bigInt({ min: 10n ** 20n, max: 10n ** 40n - 1n }).map(String),
  event: strings,
  ttl: fc.boolean(),
});
const item = attributes.map((of) => Item.fromAvro(encodeAttributes(of)));

/** Any record that sources make. */
export const records: fc.Arbitrary<ChangeRecord> = fc
  .record({
    version: count,
    table: strings,
    origin: fc.oneof(exportOrigin, streamOrigin),
    timestampMs: fc.nat({ max: 2 ** 47 }),
    key,
    before: fc.option(item),
  })
  .chain((rest) =>
    fc
      .oneof(
        fc.record({ op: fc.constantFrom('r' as const, 'c' as const, 'u' as const), after: item }),
        fc.record({ op: fc.constant('d' as const), after: fc.constant(null) }),
      )
      .map((end) => ({ ...rest, ...end })),
  );

export const CONVERTER_LAWS: readonly ConverterLaw[] = [
  {
    name: 'law 5: decode gives back what was encoded, for every kind of value',
    run: (converter, shrinks = true) =>
      fc.assert(
        fc.property(records, (record) => expectSame(converter.decode(converter.encode(record)), record)),
        { numRuns: 200, endOnFailure: !shrinks },
      ),
  },
  {
    name: 'law 5: what was decoded is encoded to the same bytes',
    run: (converter, shrinks = true) =>
      fc.assert(
        fc.property(records, (record) => {
          const once = converter.encode(record);
          expect(converter.encode(converter.decode(once))).toEqual(once);
        }),
        { numRuns: 100, endOnFailure: !shrinks },
      ),
  },
  {
    name: 'equal keys have equal bytes, whatever else the records hold (rule C4)',
    run: (converter, shrinks = true) =>
      fc.assert(
        fc.property(records, records, (a, b) => {
          expect(converter.encode({ ...b, key: a.key }).key).toEqual(converter.encode(a).key);
        }),
        { numRuns: 100, endOnFailure: !shrinks },
      ),
  },
  {
    name: 'a record that is encoded stays as it is while others are',
    run: (converter) => {
      const all = fc.sample(records, 50);
      const encoded = all.map((record) => converter.encode(record));
      encoded.forEach((message, i) => {
        expectSame(converter.decode(message), all[i]!);
      });
    },
  },
  {
    name: 'bytes that are no record throw RECORD_UNDECODABLE',
    run: (converter, shrinks = true) =>
      fc.assert(
        fc.property(records, fc.uint8Array({ maxLength: 40 }), fc.nat(), (record, noise, cut) => {
          const { key, value, timestampMs } = converter.encode(record);
          expectUndecodable(converter, { key, value: Buffer.from(noise), timestampMs });
          expectUndecodable(converter, { key, value: value.subarray(0, cut % value.length), timestampMs });
          expectUndecodable(converter, { key, value: Buffer.concat([value, Buffer.from('x')]), timestampMs });
        }),
        { numRuns: 100, endOnFailure: !shrinks },
      ),
  },
];

function expectSame(found: ChangeRecord, record: ChangeRecord): void {
  const { before, after, ...rest } = found;
  const { before: expectedBefore, after: expectedAfter, ...expected } = record;
  expect(rest).toEqual(expected);
  expectItem(before, expectedBefore);
  expectItem(after, expectedAfter);
}

function expectItem(found: Item | null, expected: Item | null): void {
  expect(found === null).toBe(expected === null);
  if (found !== null && expected !== null) expect(found.equals(expected)).toBe(true);
}

function expectUndecodable(converter: Converter, message: Parameters<Converter['decode']>[0]): void {
  let thrown: unknown = null;
  try {
    converter.decode(message);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ConnectError);
  expect(thrown).toMatchObject({ code: 'RECORD_UNDECODABLE' });
}
