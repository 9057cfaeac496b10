import { describe, expect, test } from 'vitest';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { InRecord } from '../../../connectors/kafka/record-decode.ts';
import { type Decoded, decodeIncoming, supersededInBatch } from '../../../connectors/runtime/incoming.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { Item } from '../../../schemas/item.ts';
import { encodeKey } from '../../../schemas/key.ts';

const keys = [{ name: 'pk', type: 'S' as const }];

function change(pk: string, op: 'u' | 'd' = 'u'): ChangeRecord {
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
    expect(incoming).toMatchObject({ stage: 'TRANSFORMATION', error: { code: 'RECORD_TRANSFORM' } });
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
    expect(incoming).toMatchObject({ record: null, error: { code: 'RECORD_UNDECODABLE' } });
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
