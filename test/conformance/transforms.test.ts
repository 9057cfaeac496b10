import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Transform } from '../../connectors/connector.ts';
import { chainOf, type PredicateConfig, type TransformConfig } from '../../connectors/transforms/chain.ts';
import { loadTransforms } from '../../connectors/transforms/load.ts';
import { predicatePlugins, transformPlugins } from '../../connectors/transforms/registry.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Item } from '../../schemas/item.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';
import { TRANSFORM_LAWS, transformSuite } from './transform-suite.ts';

type Apply = Transform['apply'];

const plain = (name: string, apply: Apply): Transform => ({ name, fingerprint: name, apply });

/** A transform of the items of a record. */
const mapping = (
  name: string,
  change: (attributes: Attributes, record: ChangeRecord) => Attributes,
): Transform => {
  const map = (item: Item | null, record: ChangeRecord) =>
    item && Item.fromAttributes(change(item.attributes, record));
  return plain(name, (record) => ({
    ...record,
    before: map(record.before, record),
    after: map(record.after, record),
  }));
};

transformSuite(plain('a transform that changes nothing', (record) => record));
transformSuite(plain('a filter', (record) => (record.after?.attributes.has('S') ? null : record)));
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

/** Names that generated items often have. */
const odd = 'S, Item, toString, constructor, `a.b`, `a:b#c`, `a\\\\b`, __proto__, ключ';
const each = (suffix: string) =>
  odd
    .split(', ')
    .map((name) => `${name}:${suffix}`)
    .join();

const configs: readonly TransformConfig[] = [
  { type: 'ReplaceField$Value', exclude: odd },
  { type: 'ReplaceField$Value', include: `${odd}, S.Item, toString[0]` },
  { type: 'ReplaceField$Value', renames: 'S:Item,Item:S,toString:`to.string`,constructor.S:T' },
  { type: 'InsertField$Value', 'static.field': 'S', 'static.value': 'x' },
  { type: 'InsertField$Value', 'static.field': 'S.Item.new', 'static.value': 'x' },
  { type: 'MaskField$Value', fields: `${odd}, naïve.S` },
  { type: 'MaskField$Value', fields: odd, replacement: '0' },
  { type: 'Cast$Value', spec: each('string') },
  { type: 'Cast$Value', spec: each('int32') },
  { type: 'Cast$Value', spec: each('boolean') },
  { type: 'Flatten$Value', delimiter: '.' },
  { type: 'Filter', predicate: 'FieldMatches' },
  { type: 'HoistField$Value', field: 'S' },
  { type: 'ExtractField$Value', field: 'S' },
  { type: 'TimestampConverter$Value', field: 'S', 'target.type': 'string', format: 'yyyy-MM-dd HH:mm:ss' },
  { type: 'TimestampConverter$Value', field: 'S', 'target.type': 'unix' },
  { type: 'HeaderFrom$Value', fields: 'S,Item', headers: 'a,b', operation: 'move' },
  { type: 'InsertHeader', header: 'a', 'value.literal': 'b' },
  { type: 'DropHeaders', headers: 'a' },
  { type: 'SetSchemaMetadata$Value', 'schema.name': 'a' },
  { type: 'SetSchemaMetadata$Key', 'schema.version': 1 },
  { type: 'RegexRouter', regex: 'a', replacement: 'b' },
  { type: 'ExtractNewItemState' },
  { type: 'Script', module: fileURLToPath(new URL('items.mjs', import.meta.url)) },
];

/** Of all configurations, each at its place. */
const { loaded } = await loadTransforms(configs);

const predicates: Readonly<Record<string, PredicateConfig>> = {
  TopicNameMatches: { type: 'TopicNameMatches', pattern: '.*[a-m].*\\.(snapshot|changes)' },
  HasHeaderKey: { type: 'HasHeaderKey', name: 'messina.op' },
  RecordIsTombstone: { type: 'RecordIsTombstone' },
  HasField: { type: 'HasField', field: 'S' },
  FieldMatches: { type: 'FieldMatches', field: 'S', pattern: '.*[a-m].*' },
};

const chain = (transforms: readonly TransformConfig[], scripts: readonly unknown[] = []) =>
  chainOf(transforms, predicates, {
    loaded: scripts,
    topicsOf: (table) => [`p.${table}.snapshot`, `p.${table}.changes`],
  });

configs.forEach((config, i) => {
  const [transform] = chain([config], [loaded[i]]);
  transformSuite({
    ...transform!,
    name: `${i}: ${JSON.stringify(config)}`,
    apply: (record) => transform!.apply(record),
  });
});

Object.keys(predicates).forEach((predicate, i) => {
  const negate = i % 2 === 1;
  const [transform] = chain([{ type: 'MaskField$Value', fields: odd, predicate, negate }]);
  const name = `a mask where ${negate ? 'not ' : ''}${predicate}`;
  transformSuite({ ...transform!, name, apply: (record) => transform!.apply(record) });
});

test('every transform and every predicate is held to the laws', () => {
  expect(new Set(configs.map(({ type }) => type))).toEqual(new Set(transformPlugins.map(({ name }) => name)));
  expect(new Set(Object.keys(predicates))).toEqual(new Set(predicatePlugins.map(({ name }) => name)));
});

let calls = 0;
const bytesOf = (record: ChangeRecord) => record.after?.avro ?? Buffer.alloc(0);

const broken: readonly Transform[] = [
  plain('gives undefined', () => undefined as unknown as null),
  plain('is asynchronous', (record) => Promise.resolve(record) as unknown as ChangeRecord),
  plain('counts', (record) => (calls++ % 2 === 0 ? record : null)),
  mapping('stamps the time', (attributes) => new Map(attributes).set('at', { N: String(performance.now()) })),
  plain('writes into the attributes', (record) => {
    (record.after?.attributes as Map<string, AttributeValue> | undefined)?.set('new', { S: 'x' });
    return record;
  }),
  plain('writes into the bytes', (record) => {
    bytesOf(record).reverse();
    return record;
  }),
  plain('changes the key', (record) => ({ ...record, key: Buffer.from('same') })),
  plain('changes the version', (record) => ({ ...record, version: record.version + 1 })),
  plain('forgets the table', (record) => ({ ...record, table: 'other' })),
  plain('makes deletes of puts', (record) => ({ ...record, op: 'd', after: null })),
  plain('gives deletes an item', (record) => ({
    ...record,
    after: record.after ?? Item.fromAttributes(new Map()),
  })),
  plain('keeps deletes back', (record) => (record.op === 'd' ? null : record)),
  plain('throws at will', (record) => {
    if (record.version % 2 === 1) throw new TypeError('odd');
    return record;
  }),
  mapping('stamps the time of the record', (attributes, { timestampMs }) =>
    new Map(attributes).set('at', { N: String(timestampMs) }),
  ),
  plain('filters rows and lets changes pass', (record) => (record.op === 'r' ? null : record)),
  plain('forgets the old image', (record) => ({
    ...record,
    after: record.after && Item.fromAttributes(new Map(record.after.attributes).set('new', { S: 'x' })),
  })),
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
