import { describe, expect, test } from 'vitest';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { InRecord } from '../../../connectors/kafka/wire/record-decode.ts';
import {
  type Decoded,
  decodeIncoming,
  supersededInBatch,
} from '../../../connectors/runtime/sink/incoming.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { Item } from '../../../schemas/item.ts';
import { encodeKey } from '../../../schemas/key.ts';

const keys = [{ name: 'pk', type: 'S' as const }];

function change(pk: string, op: 'c' | 'u' | 'd' = 'u'): ChangeRecord {
  const attributes = new Map([['pk', { S: pk }]]);
  return {
    op,
    version: 5,
    table: 'T',
    origin: { shard: 's', sequence: '1', event: 'e', ttl: false },
    timestampMs: 1,
    key: encodeKey(keys, attributes),
    before: null,
    after: op === 'd' ? null : Item.fromAttributes(attributes),
  };
}

function raw(record: ChangeRecord, offset = 0): InRecord {
  const { key, value, timestampMs } = avroConverter.encode(record);
  return { offset, timestampMs, key, value, headers: [] };
}

const incomingOf = (decoded: Decoded) => ('incoming' in decoded ? decoded.incoming : null);

describe('a record of a topic', () => {
  test('is written as it is without transforms', () => {
    const incoming = incomingOf(decodeIncoming(raw(change('a')), avroConverter, [], null));
    expect(incoming).toMatchObject({ outcome: 'written', error: null });
    expect(incoming?.record?.op).toBe('u');
  });

  test('that a transform filters becomes a delete: its item does not belong in the target (rule C9)', () => {
    const filter = { name: 'Filter', fingerprint: '', apply: () => null };
    const incoming = incomingOf(decodeIncoming(raw(change('a')), avroConverter, [filter], null));
    expect(incoming).toMatchObject({ outcome: 'filtered', record: { op: 'd', after: null } });
  });

  describe('whose item leaves a target where rows move', () => {
    const rename = {
      name: 'Rename',
      fingerprint: '',
      apply: ({ before, ...rest }: ChangeRecord): ChangeRecord => ({
        ...rest,
        before: before && Item.fromAttributes(new Map([...before.attributes, ['renamed', { S: 'x' }]])),
      }),
    };
    const failing = (what: () => ChangeRecord | null) => ({
      name: 'Failing',
      fingerprint: '',
      // As a chain: deletes always pass.
      apply: (record: ChangeRecord) => (record.after === null ? record : what()),
    });
    const filter = failing(() => null);
    const broken = failing(() => {
      throw new Error('no such field');
    });
    const old = Item.fromAttributes(new Map([['pk', { S: 'a' }]]));
    const moved: ChangeRecord = { ...change('a'), before: old };
    const namesOf = (record: ChangeRecord | null | undefined) => [
      ...(record?.before?.attributes.keys() ?? []),
    ];

    test.each([
      ['because a transform filters it, is deleted', filter, 'filtered'],
      ['because a transform fails, is deleted, and set aside all the same', broken, 'deadLettered'],
    ])('%s, by its old image as the target holds it', (_, transform, outcome) => {
      const decoded = decodeIncoming(raw(moved), avroConverter, [transform, rename], null, true);
      const incoming = incomingOf(decoded);
      expect(incoming).toMatchObject({ outcome, record: { op: 'd', after: null, version: 5 } });
      expect(namesOf(incoming?.record)).toEqual(['pk', 'renamed']);
      const plain = incomingOf(decodeIncoming(raw(moved), avroConverter, [transform, rename], null));
      expect(plain?.record?.before ?? null).toBeNull();
    });

    test.each([
      ['a transform filters', filter, 'filtered'],
      ['a transform fails on', broken, 'deadLettered'],
    ])('has no row there when it is new: of one that %s nothing is deleted', (_, transform, outcome) => {
      const decoded = decodeIncoming(raw(change('a', 'c')), avroConverter, [transform], null, true);
      expect(incomingOf(decoded)).toMatchObject({ outcome, record: null });
    });

    test('by an old image of which nobody can make bytes, has no row there: it was set aside', () => {
      const nan = {
        ...rename,
        apply: (record: ChangeRecord): ChangeRecord => ({
          ...record,
          before: Item.fromAttributes(new Map([['n', { N: 'NaN' }]])),
        }),
      };
      for (const transforms of [[nan], [filter, nan]]) {
        const incoming = incomingOf(decodeIncoming(raw(moved), avroConverter, transforms, null, true));
        expect(incoming?.record).toMatchObject({ before: null, beforeFiltered: true });
      }
    });
  });

  test('of the very first snapshot that a transform filters is not written at all', () => {
    const filter = { name: 'Filter', fingerprint: '', apply: () => null };
    const incoming = incomingOf(
      decodeIncoming(raw(change('a')), avroConverter, [filter], change('a').version),
    );
    expect(incoming).toMatchObject({ outcome: 'filtered', record: null });
  });

  test('that a transform chokes on is a dead letter of that stage', () => {
    const broken = {
      name: 'Broken',
      fingerprint: '',
      apply: () => {
        throw new Error('no such field');
      },
    };
    const incoming = incomingOf(decodeIncoming(raw(change('a')), avroConverter, [broken], null));
    expect(incoming).toMatchObject({
      stage: 'TRANSFORMATION',
      by: 'Broken',
      error: { code: 'RECORD_TRANSFORM' },
    });
  });

  test('of which a transform makes what nobody can write is a dead letter too', () => {
    const nan = Item.fromAttributes(new Map([['n', { N: 'NaN' }]]));
    const broken = {
      name: 'Broken',
      fingerprint: '',
      apply: (record: ChangeRecord) => ({ ...record, after: nan }),
    };
    const incoming = incomingOf(decodeIncoming(raw(change('a')), avroConverter, [broken], null));
    expect(incoming).toMatchObject({
      record: null,
      stage: 'TRANSFORMATION',
      error: { code: 'RECORD_TRANSFORM' },
    });
  });

  test.each([
    ['without a value', { value: null }],
    ['of no schema of ours', { value: Buffer.from('{"not":"ours"}') }],
    ['cut short', { value: raw(change('a')).value?.subarray(0, 20) ?? null }],
  ])('%s is a dead letter, not an end', (_, broken) => {
    const incoming = incomingOf(decodeIncoming({ ...raw(change('a')), ...broken }, avroConverter, [], null));
    expect(incoming).toMatchObject({
      record: null,
      error: { code: 'RECORD_UNDECODABLE' },
      stage: 'VALUE_CONVERTER',
      by: 'AvroConverter',
    });
  });

  test('without a key is a dead letter of the key’s converter', () => {
    const keyless = { ...raw(change('a')), key: null };
    expect(incomingOf(decodeIncoming(keyless, avroConverter, [], null))).toMatchObject({
      stage: 'KEY_CONVERTER',
      by: 'AvroConverter',
    });
  });
});

test('within a batch only the last record of a key is sent (rule C7)', () => {
  const batch = ['a', 'b', 'a', 'c', 'a'].map((pk, i) => {
    const incoming = incomingOf(decodeIncoming(raw(change(pk), i), avroConverter, [], null));
    if (!incoming) throw new Error('a marker');
    return incoming;
  });
  expect(supersededInBatch(batch)).toEqual([true, false, true, false, false]);
});
