import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Transform } from '../../../connectors/connector.ts';
import { fingerprint } from '../../../connectors/runtime/sink/sink-prepare.ts';
import type { SinkDefinition } from '../../../connectors/runtime/sink/sink-world.ts';
import type { PredicateConfig, TransformConfig } from '../../../connectors/transforms/chain.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { Item } from '../../../schemas/item.ts';
import { keyOfItemAvro } from '../../../schemas/key.ts';
import type { Attributes } from '../../../schemas/values.ts';
import { attributes } from '../../conformance/arbitraries.ts';
import { sinkTable } from '../../sink-records.ts';
import { chain, changeOf, jsonOf, one } from './transforming.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const replace = 'ReplaceField$Value';
const names = 'S,Item,toString,`a.b`,__proto__';

const run = (transforms: readonly Transform[], record: ChangeRecord): ChangeRecord | null =>
  transforms.reduce<ChangeRecord | null>((current, transform) => current && transform.apply(current), record);

describe('a record', () => {
  test('goes through the transforms in their order', () => {
    const transforms = chain([
      { type: replace, renames: 'a:b' },
      { type: 'Cast$Value', spec: 'b:string' },
      { type: 'InsertField$Value', 'static.field': 'a', 'static.value': 'new' },
    ]);
    const after = run(transforms, changeOf({ a: { N: '1' } }))?.after ?? null;
    expect(jsonOf(after)).toEqual({ pk: { S: 'k' }, b: { S: '1' }, a: { S: 'new' } });
  });

  test('is transformed in both images, each by what it holds itself', () => {
    const predicates = { old: { type: 'FieldMatches', field: 'status', pattern: 'old' } };
    const mask = one({ type: 'MaskField$Value', fields: 'a', predicate: 'old' }, predicates);
    const image = (status: string) => ({ status: { S: status }, a: { S: 'x' } });
    const masked = mask.apply(changeOf(image('new'), image('old')));
    expect(jsonOf(masked?.after ?? null)).toMatchObject({ a: { S: 'x' } });
    expect(jsonOf(masked?.before ?? null)).toMatchObject({ a: { S: '' } });
  });

  test('is written although its old image cannot be transformed: the target never held that', () => {
    const cast = one({ type: 'Cast$Value', spec: 'a:int32' });
    const [bad, good] = [{ a: { S: 'x' } }, { a: { S: '1' } }];
    const isGone = { before: null, beforeFiltered: true };
    expect(cast.apply(changeOf(good, bad))).toMatchObject({ op: 'u', ...isGone });
    expect(cast.apply(changeOf(null, bad))).toMatchObject({ op: 'd', after: null, ...isGone });
    expect(() => cast.apply(changeOf(bad, good))).toThrow();
  });

  test('says of an old image that was filtered that nothing is left of it, and of one that is unknown nothing', () => {
    const predicates = { old: { type: 'FieldMatches', field: 'status', pattern: 'old' } };
    const transforms = chain(
      [
        { type: 'Filter', predicate: 'old' },
        { type: replace, renames: 'status:state' },
      ],
      predicates,
    );
    const image = (status: string) => ({ status: { S: status } });
    const filtered = run(transforms, changeOf(image('new'), image('old')));
    expect(filtered).toMatchObject({ op: 'u', before: null, beforeFiltered: true });
    expect(jsonOf(filtered?.after ?? null)).toMatchObject({ state: { S: 'new' } });
    const kept = run(transforms, changeOf(image('new'), image('other')));
    expect(jsonOf(kept?.before ?? null)).toMatchObject({ state: { S: 'other' } });
    expect(kept).not.toHaveProperty('beforeFiltered');
    expect(run(transforms, changeOf(image('new')))).not.toHaveProperty('beforeFiltered');
  });

  const untouched: readonly (readonly [TransformConfig, PredicateConfig?])[] = [
    [{ type: replace, exclude: 'none,deep.none' }],
    [{ type: replace, include: 'pk,a,deep' }],
    [{ type: replace, renames: 'none:other' }],
    [{ type: 'InsertField$Value', 'static.field': 'a', 'static.value': 'x' }],
    [{ type: 'InsertField$Value', 'static.field': 'deep.b', 'static.value': 'y' }],
    [{ type: 'MaskField$Value', fields: 'none' }],
    [{ type: 'Cast$Value', spec: 'none:string' }],
    [
      { type: 'Flatten$Value', predicate: 'p' },
      { type: 'HasField', field: 'none' },
    ],
    [
      { type: 'Filter', predicate: 'p' },
      { type: 'FieldMatches', field: 'deep.b', pattern: 'z' },
    ],
    [
      { type: 'MaskField$Value', fields: 'a', predicate: 'p' },
      { type: 'TopicNameMatches', pattern: 'p\\.U\\..*' },
    ],
    [{ type: 'MaskField$Value', fields: 'a', predicate: 'p' }, { type: 'RecordIsTombstone' }],
  ];
  test.each(untouched.map(([transform, p = null]) => ({ transform, p })))(
    'stays bytes where it is not concerned: $transform $p',
    ({ transform, p }) => {
      const record = changeOf(
        { a: { S: 'x' }, deep: { M: { b: { S: 'y' } } } },
        { deep: { M: { b: { S: 'y' } } }, a: { S: 'x' } },
      );
      const look = vi.spyOn(Item.prototype, 'attributes', 'get');
      expect(one(transform, p ? { p } : {}).apply(record)).toBe(record);
      expect(look).not.toHaveBeenCalled();
    },
  );

  test.each<TransformConfig>([
    { type: 'Cast$Value', spec: 'a:string,deep.n:int8,l[0]:string' },
    { type: replace, renames: 'a:a,deep.n:n,l[0].x:y' },
    { type: 'MaskField$Value', fields: 'none' },
  ])('keeps its bytes where values are already as %j makes them', (transform) => {
    const record = changeOf({ a: { S: 'x' }, deep: { M: { n: { N: '1' } } }, l: { L: [{ S: 'y' }] } });
    expect(one(transform).apply(record)).toBe(record);
  });

  test('of an item without maps stays bytes before Flatten', () => {
    const record = changeOf({ a: { S: 'x' }, empty: { M: {} }, l: { L: [] } });
    const look = vi.spyOn(Item.prototype, 'attributes', 'get');
    expect(one({ type: 'Flatten$Value' }).apply(record)).toBe(record);
    expect(look).not.toHaveBeenCalled();
  });
});

describe('what holds of every item', () => {
  const keys = [{ name: 'pk', type: 'S' as const }];
  const items = attributes.map((of) => new Map(of).set('pk', { S: 'k' }));
  const record = (of: Attributes) => ({
    ...changeOf({}),
    after: Item.fromAvro(encodeAttributes(of)),
  });
  const configs: readonly TransformConfig[] = [
    { type: replace, exclude: names },
    { type: replace, include: `pk,${names}` },
    { type: 'InsertField$Value', 'static.field': 'S', 'static.value': 'x' },
    { type: 'MaskField$Value', fields: names },
    { type: 'Cast$Value', spec: 'S:string,Item:int32,toString:boolean' },
    { type: 'Flatten$Value' },
  ];

  test.each(configs)('done twice is done once: %j', (config) => {
    const transform = one(config);
    fc.assert(
      fc.property(items, (of) => {
        const once = orNull(() => transform.apply(record(of)));
        if (once === null) return;
        expect(transform.apply(once)?.after?.equals(once.after!)).toBe(true);
      }),
    );
  });

  test.each([...configs, { type: replace, renames: 'S:Item,Item:S' }])(
    'a transform that leaves the key attributes alone leaves the key as it is: %j',
    (config) => {
      const transform = one(config);
      expect(transform.touches('T', 'pk')).toBeNull();
      fc.assert(
        fc.property(items, (of) => {
          const given = record(of);
          const after = orNull(() => transform.apply(given))?.after;
          if (!after) return;
          expect(keyOfItemAvro(keys, after.avro)).toEqual(keyOfItemAvro(keys, given.after.avro));
        }),
      );
    },
  );

  test('a rename and its reverse give back the item', () => {
    const [there, back] = chain([
      { type: replace, renames: 'S:Item,Item:toString,toString:S' },
      { type: replace, renames: 'Item:S,toString:Item,S:toString' },
    ]);
    fc.assert(
      fc.property(items, (of) => {
        const given = record(of);
        const moved = orNull(() => there!.apply(given));
        if (moved !== null) expect(back!.apply(moved)?.after?.equals(given.after)).toBe(true);
      }),
    );
  });

  test('a transform keeps the types of all it does not name', () => {
    const mask = one({ type: 'MaskField$Value', fields: names });
    const typesOf = (item: Item) => [...item.attributes].map(([name, value]) => [name, Object.keys(value)]);
    fc.assert(
      fc.property(items, (of) => {
        const given = record(of);
        expect(typesOf(mask.apply(given)!.after!)).toEqual(typesOf(given.after));
      }),
    );
  });
});

describe('the fingerprint', () => {
  const plugin = { fingerprint: () => 'sink:1' };
  const of = (
    transforms: readonly TransformConfig[],
    predicates: Readonly<Record<string, PredicateConfig>> = {},
  ) =>
    fingerprint(
      { plugin, options: {}, transforms: chain(transforms, predicates) } as unknown as SinkDefinition,
      sinkTable('T'),
    );
  const java = 'org.apache.kafka.connect.transforms.';
  const p = (pattern: string) => ({ type: 'FieldMatches', field: 'a', pattern });

  test.each<[string, readonly TransformConfig[], readonly TransformConfig[]]>([
    [
      'the name of the class',
      [{ type: replace, exclude: 'a' }],
      [{ type: `${java}${replace}`, exclude: 'a' }],
    ],
    ['blanks', [{ type: replace, exclude: 'a,b' }], [{ type: replace, exclude: ' a ,  b ' }]],
    ['the order of names', [{ type: replace, exclude: 'a,b' }], [{ type: replace, exclude: 'b,a,b' }]],
    ['backticks that are not needed', [{ type: replace, exclude: 'a' }], [{ type: replace, exclude: '`a`' }]],
    ['the old name of an option', [{ type: replace, include: 'a' }], [{ type: replace, whitelist: 'a' }]],
    [
      'the order of keys',
      [{ type: replace, exclude: 'a', include: 'b' }],
      [{ include: 'b', exclude: 'a', type: replace }],
    ],
    [
      'the order of renames',
      [{ type: replace, renames: 'a:b,c:d' }],
      [{ type: replace, renames: 'c:d, a:b' }],
    ],
    [
      'the order of casts',
      [{ type: 'Cast$Value', spec: 'a:int8,b:int8' }],
      [{ type: 'Cast$Value', spec: 'b:int8,a:int8' }],
    ],
    ['a default', [{ type: 'Flatten$Value' }], [{ type: 'Flatten$Value', delimiter: '.', negate: false }]],
    [
      'the mark of Kafka Connect',
      [{ type: 'InsertField$Value', 'static.field': 'a', 'static.value': 'x' }],
      [{ type: 'InsertField$Value', 'static.field': 'a?', 'static.value': 'x' }],
    ],
  ])('does not change with %s', (_, a, b) => {
    expect(of(a)).toBe(of(b));
  });

  test('does not change with the name of a predicate, or one that nobody uses', () => {
    const filter = (predicate: string) => [{ type: 'Filter', predicate }];
    const spare = { type: 'HasField', field: 'z' };
    expect(of(filter('one'), { one: p('x') })).toBe(of(filter('two'), { two: p('x'), spare }));
  });

  test.each<[string, readonly TransformConfig[], readonly TransformConfig[]]>([
    ['a field', [{ type: replace, exclude: 'a' }], [{ type: replace, exclude: 'a,b' }]],
    ['an option', [{ type: replace, exclude: 'a' }], [{ type: replace, include: 'a' }]],
    ['a path for a name', [{ type: replace, exclude: 'a.b' }], [{ type: replace, exclude: '`a.b`' }]],
    [
      'the order of transforms',
      [{ type: 'Flatten$Value' }, { type: replace, exclude: 'a' }],
      [{ type: replace, exclude: 'a' }, { type: 'Flatten$Value' }],
    ],
    [
      'a transform twice',
      [{ type: 'Flatten$Value' }],
      [{ type: 'Flatten$Value' }, { type: 'Flatten$Value' }],
    ],
    ['a predicate', [{ type: replace, exclude: 'a' }], [{ type: replace, exclude: 'a', predicate: 'x' }]],
    ['another pattern', [{ type: 'Filter', predicate: 'x' }], [{ type: 'Filter', predicate: 'y' }]],
    ['negate', [{ type: 'Filter', predicate: 'x' }], [{ type: 'Filter', predicate: 'x', negate: true }]],
    [
      'a replacement',
      [{ type: 'MaskField$Value', fields: 'a' }],
      [{ type: 'MaskField$Value', fields: 'a', replacement: 'x' }],
    ],
  ])('changes with %s', (_, a, b) => {
    const predicates = { x: p('x'), y: p('y') };
    expect(of(a, predicates)).not.toBe(of(b, predicates));
  });

  test('without transforms is that of the sink alone, and with them shows none of their options', () => {
    expect(of([])).toBe('sink:1');
    const insert = { type: 'InsertField$Value', 'static.field': 'a', 'static.value': 'swordfish' };
    expect(of([insert])).toMatch(/^sink:1 transforms:[0-9a-f]{64}$/);
  });
});

function orNull(apply: () => ChangeRecord | null): ChangeRecord | null {
  try {
    return apply();
  } catch {
    return null;
  }
}
