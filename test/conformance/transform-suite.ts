import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Transform } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Item } from '../../schemas/item.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';
import { records } from './converter-suite.ts';

/** A law of transforms with what shows whether one keeps it. */
export interface TransformLaw {
  readonly name: string;
  /** @param shrinks whether the simplest record that shows a fault is looked for. */
  readonly run: (transform: Transform, shrinks?: boolean) => void;
}

/** Runs every law, on any record that sources make. */
export function transformSuite(transform: Transform): void {
  describe(`${transform.name} keeps the laws of a transform`, () => {
    for (const law of TRANSFORM_LAWS) test(law.name, () => law.run(transform));
  });
}

export const TRANSFORM_LAWS: readonly TransformLaw[] = [
  {
    name: 'it is synchronous and gives a record, or null for one that does not belong in the target',
    run: everyRecord((transform, record) => {
      const result: unknown = transform.apply(record);
      if (result === null) return;
      expect(result).toHaveProperty('key');
      expect(result).not.toHaveProperty('then');
    }),
  },
  {
    name: 'it is pure: the same record gives the same result, whatever came between',
    run: (transform) => {
      const all = fc.sample(records, 40);
      const apply = () => all.map((record) => shown(transform.apply(copyOf(record))));
      const first = apply();
      expect(apply()).toEqual(first);
      expect(all.toReversed().map((record) => shown(transform.apply(copyOf(record))))).toEqual(
        first.toReversed(),
      );
    },
  },
  {
    name: 'it writes into nothing that it is given',
    run: everyRecord((transform, record) => {
      const given = copyOf(record);
      // The faces are made before, so that writing into any of them shows.
      const before = faces(given);
      transform.apply(given);
      expect(faces(given)).toEqual(before);
    }),
  },
  {
    name: 'it keeps the key, the version and where the record comes from',
    run: everyRecord((transform, record) => {
      const result = transform.apply(copyOf(record));
      if (result === null) return;
      const { key, version, table, origin, timestampMs } = record;
      expect(result).toMatchObject({ key, version, table, origin, timestampMs });
    }),
  },
  {
    name: 'a delete stays a delete, and nothing else becomes one',
    run: everyRecord((transform, record) => {
      const result = transform.apply(copyOf(record));
      if (result === null) return;
      expect(result.op).toBe(record.op);
      expect(result.after === null).toBe(record.op === 'd');
    }),
  },
  {
    name: 'what it makes of an item can be written',
    run: everyRecord((transform, record) => {
      const result = transform.apply(copyOf(record));
      for (const item of [result?.before, result?.after]) {
        if (item) expect(Item.fromAvro(item.avro).attributes.size).toBe(item.attributes.size);
      }
    }),
  },
];

function everyRecord(holds: (transform: Transform, record: ChangeRecord) => void) {
  return (transform: Transform, shrinks = true) =>
    fc.assert(
      fc.property(records, (record) => holds(transform, record)),
      { numRuns: 50, endOnFailure: !shrinks },
    );
}

/** A record that shares no bytes with the other. */
function copyOf(record: ChangeRecord): ChangeRecord {
  const item = (of: Item | null) => of && Item.fromAvro(Buffer.from(of.avro));
  return {
    ...record,
    key: Buffer.from(record.key),
    before: item(record.before),
    after: item(record.after),
  };
}

function shown(record: ChangeRecord | null) {
  return record && { ...record, before: record.before?.avro ?? null, after: record.after?.avro ?? null };
}

function faces({ before, after, ...rest }: ChangeRecord) {
  const copy = { ...rest, origin: { ...rest.origin }, key: Buffer.from(rest.key) };
  return { ...copy, before: facesOf(before), after: facesOf(after) };
}

function facesOf(item: Item | null) {
  return item && { avro: Buffer.from(item.avro), attributes: [...item.attributes].map(deepCopy) };
}

function deepCopy([name, value]: readonly [string, AttributeValue]): unknown {
  if ('M' in value) return [name, [...(value.M as Attributes)].map(deepCopy)];
  if ('L' in value) return [name, value.L.map((element, i) => deepCopy([`${i}`, element]))];
  return [name, structuredClone(value)];
}
