import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Transform } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
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
      const result: unknown = applied(transform, record);
      if (result === null) return;
      expect(result).toHaveProperty('key');
      expect(result).not.toHaveProperty('then');
    }),
  },
  {
    name: 'it is pure: the same record gives the same result, whatever came between',
    run: (transform) => {
      const all = fc.sample(records, 40);
      const apply = () => all.map((record) => shown(applied(transform, copyOf(record))));
      const first = apply();
      expect(apply()).toEqual(first);
      expect(all.toReversed().map((record) => shown(applied(transform, copyOf(record))))).toEqual(
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
      applied(transform, given);
      expect(faces(given)).toEqual(before);
    }),
  },
  {
    name: 'it keeps the key, the version and where the record comes from',
    run: everyRecord((transform, record) => {
      const result = applied(transform, copyOf(record));
      if (result === null) return;
      const { key, version, table, origin, timestampMs } = record;
      expect(result).toMatchObject({ key, version, table, origin, timestampMs });
    }),
  },
  {
    name: 'a delete stays a delete, and nothing else becomes one',
    run: everyRecord((transform, record) => {
      const result = applied(transform, copyOf(record));
      if (result === null) return;
      expect(result.op).toBe(record.op);
      expect(result.after === null).toBe(record.op === 'd');
    }),
  },
  {
    name: 'it never keeps a delete back',
    run: everyRecord((transform, record) => {
      const gone = transform.apply({ ...copyOf(record), op: 'd', after: null });
      expect(gone).not.toBe(null);
    }),
  },
  {
    name: 'an item becomes the same whichever record brings it, also as an old image',
    run: everyRecord((transform, record) => {
      const item = record.after ?? record.before;
      if (item === null) return;
      const row = applied(transform, { ...copyOf(record), ...asRow, before: null, after: item });
      const change = applied(transform, { ...copyOf(record), ...asChange, before: item, after: item });
      const gone = transform.apply({ ...copyOf(record), ...asChange, op: 'd', before: item, after: null });
      expect(change === null).toBe(row === null);
      if (!row?.after || !change?.after) return;
      expect(change.after.equals(row.after)).toBe(true);
      for (const old of [change.before, gone?.before]) expect(old?.equals(row.after)).toBe(true);
    }),
  },
  {
    name: 'what it makes of an item can be written',
    run: everyRecord((transform, record) => {
      const result = applied(transform, copyOf(record));
      for (const item of [result?.before, result?.after]) {
        if (item) expect(Item.fromAvro(item.avro).attributes.size).toBe(item.attributes.size);
      }
    }),
  },
];

const asRow = {
  op: 'r',
  version: 1,
  timestampMs: 1_000,
  origin: { snapshot: 's', file: 'f', line: 1 },
} as const;
const asChange = {
  op: 'u',
  version: 9_000_000,
  timestampMs: 9_000,
  origin: { shard: 's', sequence: '100000000000000000001', event: 'e', ttl: false },
} as const;

/** What becomes of a record; null also where the transform says that it cannot do this one. */
function applied(transform: Transform, record: ChangeRecord): ChangeRecord | null {
  try {
    return transform.apply(record);
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'RECORD_TRANSFORM') return null;
    throw error;
  }
}

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
