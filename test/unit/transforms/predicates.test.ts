import { describe, expect, test } from 'vitest';
import type { PredicateConfig } from '../../../connectors/transforms/chain.ts';
import { changeOf, type Json, one, transformed } from './transforming.ts';

const item: Json = {
  status: { S: 'old' },
  price: { N: '1.50' },
  draft: { BOOL: true },
  tags: { SS: ['red', 'blue'] },
  years: { NS: ['1999', '2001'] },
  awards: { M: { year: { N: '1984' }, none: { NULL: true } } },
  plays: { L: [{ S: 'live' }] },
  'a.b': { S: 'dotted' },
};

/** Whether items of this predicate are filtered. */
const filters = (p: PredicateConfig, negate = false) =>
  transformed({ type: 'Filter', predicate: 'p', negate }, item, { p }) === null;

describe('a filter', () => {
  test.each<[string, PredicateConfig, boolean]>([
    ['a text', { type: 'FieldMatches', field: 'status', pattern: 'old' }, true],
    ['a whole text only', { type: 'FieldMatches', field: 'status', pattern: 'ol' }, false],
    ['one of several words', { type: 'FieldMatches', field: 'status', pattern: 'new|old' }, true],
    ['no part of one of several words', { type: 'FieldMatches', field: 'status', pattern: 'o|new' }, false],
    ['in whatever case', { type: 'FieldMatches', field: 'status', pattern: '(?i)OLD' }, true],
    ['a number as it is written plainly', { type: 'FieldMatches', field: 'price', pattern: '1\\.5' }, true],
    ['a truth value', { type: 'FieldMatches', field: 'draft', pattern: 'true' }, true],
    ['an element of a set', { type: 'FieldMatches', field: 'tags', pattern: 'blue' }, true],
    ['a number of a set', { type: 'FieldMatches', field: 'years', pattern: '20..' }, true],
    ['a member of a map', { type: 'FieldMatches', field: 'awards.year', pattern: '19\\d\\d' }, true],
    ['an element of a list', { type: 'FieldMatches', field: 'plays[0]', pattern: 'live' }, true],
    ['a name with a dot', { type: 'FieldMatches', field: '`a.b`', pattern: 'dotted' }, true],
    ['no map', { type: 'FieldMatches', field: 'awards', pattern: '.*' }, false],
    ['nothing that is not there', { type: 'FieldMatches', field: 'none', pattern: '.*' }, false],
    ['a field that is there', { type: 'HasField', field: 'awards.year' }, true],
    ['a field that is null', { type: 'HasField', field: 'awards.none' }, true],
    ['no field that is not there', { type: 'HasField', field: 'awards.none.more' }, false],
    ['no element behind the end', { type: 'HasField', field: 'plays[1]' }, false],
    ['a table by its topics', { type: 'TopicNameMatches', pattern: 'p\\.T\\..*' }, true],
    ['no other table', { type: 'TopicNameMatches', pattern: 'p\\.U\\..*' }, false],
    ['a header that all records have', { type: 'HasHeaderKey', name: 'messina.op' }, true],
    ['no header that no record has', { type: 'HasHeaderKey', name: 'trace' }, false],
    ['no item for deletes', { type: 'RecordIsTombstone' }, false],
  ])('finds %s', (_, predicate, expected) => {
    expect(filters(predicate)).toBe(expected);
    expect(filters(predicate, true)).toBe(!expected);
  });

  test('lets deletes pass, and leaves out the old image of what it filtered', () => {
    const predicates = { p: { type: 'HasField', field: 'gone' } };
    const filter = one({ type: 'Filter', predicate: 'p' }, predicates);
    const deleted = changeOf(null, { gone: { S: 'x' } });
    expect(filter.apply(deleted)).toMatchObject({ op: 'd', before: null, after: null });
    const back = filter.apply(changeOf({ a: { S: 'x' } }, { gone: { S: 'x' } }));
    expect(back).toMatchObject({ op: 'u', before: null });
    expect(back?.after).not.toBeNull();
  });

  test('by a topic of rows alone is refused: an item would depend on how it came', () => {
    const predicates = { p: { type: 'TopicNameMatches', pattern: '.*snapshot' } };
    const filter = one({ type: 'Filter', predicate: 'p' }, predicates);
    expect(() => filter.touches('T', 'pk')).toThrow(
      expect.objectContaining({
        code: 'TRANSFORM_TOPIC',
        message: 'pattern matches topic p.T.snapshot and not p.T.changes',
      }),
    );
  });
});
