import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import { addCounts, NO_COUNTS, OffsetStore } from '../../../connectors/runtime/offset-store.ts';
import { publishedBefore } from '../../../connectors/runtime/source/published-before.ts';
import type { WorkerBase } from '../../../connectors/worker/base.ts';
import type { ConnectorOffset } from '../../../connectors/worker/herder.ts';
import { alteredEntries, resetEntries } from '../../../connectors/worker/offsets/source-alteration.ts';
import { sourceOffsets } from '../../../connectors/worker/offsets/source-offsets.ts';
import { LogView, SharedLog } from './shared-log.ts';

let log: SharedLog;
beforeEach(() => {
  log = new SharedLog();
});

const partitionOf = (partition: string, of = 'epoch-1') => ({ table: 'T', of, partition });
const store = () => new OffsetStore(new LogView(log) as unknown as KeyedLog, 'c');
const base = () => {
  const offsets = new LogView(log);
  return { offsets, offsetsOf: store } as unknown as WorkerBase;
};
/** @param after as its position names what it is read behind. */
function stored(id: string, after = '', { of = 'epoch-1', u = 1, done = false } = {}): void {
  const { key, value } = store().entry(partitionOf(id, of), {
    position: { sequence: '9', after },
    done,
    coverageMs: 0,
    counts: { ...NO_COUNTS, u, rows: [u, 0] },
    version: 100 + u,
  });
  log.write(key, value);
}
const shown = (id: string, of = 'epoch-1') =>
  [...sourceOffsets(base(), 'c').values()].find(
    ({ partition }) => partition['partition'] === id && partition['of'] === of,
  )?.offset ?? {};
const alter = (...offsets: readonly ConnectorOffset[]) => alteredEntries(base(), 'c', offsets);
const deleted = (id: string, of?: string) => ({ partition: partitionOf(id, of), offset: null });
const sentTo = (id: string, sequence: string, of?: string) => ({
  partition: partitionOf(id, of),
  offset: { ...shown(id, of), sequence },
});

describe('a partition is the same one in whatever order its fields come', () => {
  const sorted = { of: 'epoch-1', partition: 'a', table: 'T' };

  test('its stored key is the one that is deleted', () => {
    stored('a');
    const [first] = alter({ partition: sorted, offset: null });
    expect(first).toEqual({ key: '["c",{"table":"T","of":"epoch-1","partition":"a"}]', value: null });
  });

  test('and written', () => {
    stored('a');
    const [first] = alter({ partition: sorted, offset: { ...shown('a'), sequence: '3' } });
    expect(first?.key).toBe('["c",{"table":"T","of":"epoch-1","partition":"a"}]');
    expect(JSON.parse(first?.value ?? '')).toMatchObject({ sequence: '3' });
  });

  test('of two entries for one the last counts, and what is deleted is counted once', () => {
    stored('a', '', { u: 5 });
    const entries = alter(sentTo('a', '3'), { partition: sorted, offset: null }, deleted('a'));
    expect(entries).toHaveLength(2);
    expect(JSON.parse(entries[1]?.value ?? '')).toMatchObject({ 'messina.u': 5 });
  });
});

test('what cannot be read can be deleted, not altered', () => {
  log.write('["c",{"table":"T","of":"epoch-1","partition":"a"}]', 'no JSON');
  expect(() => alter({ partition: partitionOf('a'), offset: {} })).toThrow('only be reset');
  expect(alter(deleted('a'))[0]).toMatchObject({ value: null });
});

describe('a partition that another one goes on behind (rule C5)', () => {
  beforeEach(() => {
    stored('parent', '', { done: true });
    stored('child', 'other parent');
    stored('parent', '', { of: 'epoch-2' });
  });

  test.each([
    ['deleted', () => deleted('parent')],
    ['altered', () => sentTo('parent', '3')],
  ])('is not %s alone', (_, one) => {
    expect(() => alter(one())).toThrow(
      /"parent"\} of connector c cannot be changed alone: .*"child"\} goes on where it ends.*Reset all offsets with DELETE/,
    );
  });

  test('is not changed with one of those alone that go on behind it', () => {
    stored('grandchild', 'child');
    expect(() => alter(deleted('parent'), deleted('child'))).toThrow('"grandchild"} goes on where it ends');
  });

  test('is not changed while another one is altered that goes on behind it', () => {
    expect(() => alter(deleted('parent'), sentTo('child', '3'))).toThrow('cannot be changed alone');
  });

  test('may be sent as it stands', () => {
    const { offset } = sentTo('parent', '9');
    const reordered = Object.fromEntries(Object.entries(offset).reverse());
    expect(alter({ partition: partitionOf('parent'), offset: reordered }, sentTo('child', '3'))).toHaveLength(
      2,
    );
  });

  test('is deleted with all that go on behind it', () => {
    const entries = alter(deleted('child'), deleted('parent'));
    expect(entries.filter(({ value }) => value === null)).toHaveLength(2);
    expect(resetEntries(base(), 'c').filter(({ value }) => value === null)).toHaveLength(3);
  });

  test('is free once more in another epoch, and so are files of a snapshot, whatever their positions say', () => {
    expect(alter(deleted('parent', 'epoch-2'))).toHaveLength(2);
    stored('file', '', { of: 'export' });
    stored('gone', 'file', { of: 'export' });
    expect(alter(sentTo('file', '3', 'export'))).toHaveLength(1);
  });
});

test('what was published stays counted, whichever positions are deleted and whichever altered (rules C2 and C9)', () => {
  const published = () => {
    const now = store();
    const all = [...now.of('T', 'epoch-1').values(), publishedBefore(now, 'T', 'epoch-1')];
    return {
      counts: all.reduce((sum, one) => addCounts(sum, one?.counts ?? NO_COUNTS), NO_COUNTS),
      version: Math.max(...all.map((one) => one?.version ?? 0)),
    };
  };
  const request = fc.uniqueArray(
    fc.record({ id: fc.constantFrom('a', 'b', 'c'), isDeleted: fc.boolean(), u: fc.nat(9) }),
    { selector: ({ id }) => id, maxLength: 3 },
  );
  fc.assert(
    fc.property(fc.array(request, { maxLength: 4 }), (requests) => {
      log = new SharedLog();
      for (const [id, u] of [
        ['a', 1],
        ['b', 20],
        ['c', 300],
      ] as const)
        stored(id, '', { u });
      const before = published();
      for (const one of requests) {
        const known = one.filter(({ id }) => Object.keys(shown(id)).length > 0);
        const entries = alter(
          ...known.map(({ id, isDeleted, u }) =>
            // As somebody has it who asked long ago.
            isDeleted
              ? deleted(id)
              : {
                  partition: partitionOf(id),
                  offset: { ...shown(id), 'messina.u': u, 'messina.version': u },
                },
          ),
        );
        for (const { key, value } of entries) log.write(key, value);
        expect(published()).toEqual(before);
      }
    }),
  );
});
