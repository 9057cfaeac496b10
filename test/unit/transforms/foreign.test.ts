import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chainOf } from '../../../connectors/transforms/chain.ts';
import { type ItemTransform, transformPlugin } from '../../../connectors/transforms/transform.ts';
import { Item } from '../../../schemas/item.ts';
import { changeOf, itemOf, jsonOf } from './transforming.ts';

/** A transform that somebody else has written. */
function foreign(change: ItemTransform['change']) {
  const plugin = transformPlugin({
    name: 'Foreign',
    className: null,
    summary: 'Does what it is told.',
    options: z.strictObject({}),
    make: () => ({ meaning: '', change, touches: () => null }),
  });
  const [made] = chainOf(
    [{ type: 'Foreign' }],
    {},
    {
      topicsOf: () => [],
      known: { transforms: [plugin], predicates: [] },
    },
  );
  return made!;
}

const withValue = (item: Item, name: string, value: { readonly S: string }) =>
  Item.fromAttributes(new Map(item.attributes).set(name, value));

describe('a transform that others have written', () => {
  test('changes attributes, and filters', () => {
    const masking = foreign((item) => withValue(item, 'a', { S: '-' }));
    expect(jsonOf(masking.apply(changeOf({ a: { S: 'x' } }))?.after ?? null)).toMatchObject({
      a: { S: '-' },
    });
    expect(foreign(() => null).apply(changeOf({ a: { S: 'x' } }))).toBeNull();
  });

  test.each<[string, ItemTransform['change']]>([
    ['changes', (item) => withValue(item, 'pk', { S: 'other' })],
    ['removes', () => itemOf({ a: { S: 'x' } })],
  ])('does not become another item: one that %s a key attribute is a bad record', (_what, change) => {
    const record = changeOf({ a: { S: 'x' } });
    expect(() => foreign(change).apply(record)).toThrow(
      'Foreign (transforms[0]): changes "pk", a key attribute',
    );
  });

  test('says nothing of an old image that it makes another item of', () => {
    const renaming = foreign((item) =>
      item.attributes.has('old') ? withValue(item, 'pk', { S: 'other' }) : item,
    );
    expect(renaming.apply(changeOf({}, { old: { S: 'x' } }))).toMatchObject({
      before: null,
      beforeFiltered: true,
    });
  });

  test('that gives nothing back makes a bad record', () => {
    const silent = foreign((() => undefined) as unknown as ItemTransform['change']);
    expect(() => silent.apply(changeOf({}))).toThrow('Foreign (transforms[0]): gave back no item');
  });
});
