import { describe, expect, test } from 'vitest';
import type { Transform } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Item } from '../../schemas/item.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';
import { TRANSFORM_LAWS, transformSuite } from './transform-suite.ts';

/** A transform of the items of a record. */
const mapping = (name: string, change: (attributes: Attributes) => Attributes): Transform => {
  const map = (item: Item | null) => item && Item.fromAttributes(change(item.attributes));
  return { name, apply: (record) => ({ ...record, before: map(record.before), after: map(record.after) }) };
};

transformSuite({ name: 'a transform that changes nothing', apply: (record) => record });
transformSuite({ name: 'a filter', apply: (record) => (record.after?.attributes.has('S') ? null : record) });
transformSuite(
  mapping('a transform that drops an attribute', (attributes) => {
    const left = new Map(attributes);
    left.delete('S');
    return left;
  }),
);
transformSuite(
  mapping('a transform that adds an attribute', (attributes) => new Map(attributes).set('new', { S: 'x' })),
);

let calls = 0;
const bytesOf = (record: ChangeRecord) => record.after?.avro ?? Buffer.alloc(0);

const broken: readonly Transform[] = [
  { name: 'gives undefined', apply: () => undefined as unknown as null },
  { name: 'is asynchronous', apply: (record) => Promise.resolve(record) as unknown as ChangeRecord },
  { name: 'counts', apply: (record) => (calls++ % 2 === 0 ? record : null) },
  mapping('stamps the time', (attributes) => new Map(attributes).set('at', { N: String(performance.now()) })),
  {
    name: 'writes into the attributes',
    apply: (record) => {
      (record.after?.attributes as Map<string, AttributeValue> | undefined)?.set('new', { S: 'x' });
      return record;
    },
  },
  {
    name: 'writes into the bytes',
    apply: (record) => {
      bytesOf(record).reverse();
      return record;
    },
  },
  { name: 'changes the key', apply: (record) => ({ ...record, key: Buffer.from('same') }) },
  { name: 'changes the version', apply: (record) => ({ ...record, version: record.version + 1 }) },
  { name: 'forgets the table', apply: (record) => ({ ...record, table: 'other' }) },
  { name: 'makes deletes of puts', apply: (record) => ({ ...record, op: 'd', after: null }) },
  {
    name: 'gives deletes an item',
    apply: (record) => ({ ...record, after: record.after ?? Item.fromAttributes(new Map()) }),
  },
  mapping('makes items that nobody can write', (attributes) => new Map(attributes).set('n', { N: 'NaN' })),
];

/** Whether something throws. */
function isBroken(run: () => void): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

describe('the suite', () => {
  for (const transform of broken) {
    test(`fails a transform that ${transform.name}`, () => {
      expect(TRANSFORM_LAWS.some((law) => isBroken(() => law.run(transform, false)))).toBe(true);
    });
  }
});
