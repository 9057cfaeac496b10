import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignUnits, type Claim, unitPerPartition } from '../../../connectors/kafka/assignor.ts';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../connectors/kafka/wire/group-wire.ts';

const units = fc.uniqueArray(
  fc.record({ id: fc.stringMatching(/^u[0-9]{1,3}$/), kind: fc.constantFrom('busy', 'idle') }),
  { selector: ({ id }) => id, maxLength: 60 },
);
const claims = fc.uniqueArray(
  fc.record({
    memberId: fc.stringMatching(/^m[0-9]{1,2}$/),
    generation: fc.integer({ min: -1, max: 5 }),
    owned: fc.uniqueArray(fc.stringMatching(/^u[0-9]{1,3}$/), { maxLength: 60 }),
  }),
  { selector: (claim) => claim.memberId, minLength: 1, maxLength: 8 },
);

const sizes = (assigned: ReadonlyMap<string, readonly string[]>) =>
  [...assigned.values()].map((ids) => ids.length);
const asObject = (assigned: ReadonlyMap<string, string[]>) => Object.fromEntries([...assigned].sort());
const claimsOf = (assigned: ReadonlyMap<string, string[]>, generation: number): Claim[] =>
  [...assigned].map(([memberId, owned]) => ({ memberId, generation, owned }));

describe('the sticky assignor', () => {
  test('gives every unit to exactly one member, counts of each kind differing by one at most', () => {
    fc.assert(
      fc.property(units, claims, (ids, members) => {
        const assigned = assignUnits(ids, members);
        expect([...assigned.keys()].sort()).toEqual(members.map((m) => m.memberId).sort());
        expect([...assigned.values()].flat().sort()).toEqual(ids.map(({ id }) => id).sort());
        for (const kind of ['busy', 'idle']) {
          const ofKind = new Set(ids.filter((unit) => unit.kind === kind).map(({ id }) => id));
          const counts = [...assigned.values()].map((mine) => mine.filter((id) => ofKind.has(id)).length);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('does not depend on the order of members or units', () => {
    fc.assert(
      fc.property(units, claims, (ids, members) => {
        expect(asObject(assignUnits([...ids].reverse(), [...members].reverse()))).toEqual(
          asObject(assignUnits(ids, members)),
        );
      }),
    );
  });

  test('moves nothing when nothing changed', () => {
    fc.assert(
      fc.property(units, claims, (ids, members) => {
        const first = assignUnits(ids, members);
        expect(asObject(assignUnits(ids, claimsOf(first, 9)))).toEqual(asObject(first));
      }),
    );
  });

  test('shares neighbours between who had them all and a newcomer', () => {
    const ids = Array.from({ length: 25 }, (_, i) => ({ id: `slot-${String(i).padStart(4, '0')}` }));
    const alone = claimsOf(assignUnits(ids, [{ memberId: 'm1', generation: 1, owned: [] }]), 1);
    const both = assignUnits(ids, [...alone, { memberId: 'm2', generation: -1, owned: [] }]);
    for (let first = 0; first + 6 <= ids.length; first++) {
      const run = ids.slice(first, first + 6).map(({ id }) => id);
      const shares = [...both.values()].map((mine) => run.filter((id) => mine.includes(id)).length);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(2);
    }
  });

  test('moves only what a newcomer gets, or what a leaver had', () => {
    fc.assert(
      fc.property(units, claims, (ids, members) => {
        const before = assignUnits(ids, members);
        const joined = assignUnits(ids, [
          ...claimsOf(before, 9),
          { memberId: 'new', generation: -1, owned: [] },
        ]);
        for (const [memberId, owned] of before)
          expect(owned).toEqual(expect.arrayContaining(joined.get(memberId)!));
        const left = assignUnits(
          ids,
          claimsOf(joined, 10).filter((claim) => claim.memberId !== 'new'),
        );
        for (const [memberId, owned] of joined) {
          if (memberId !== 'new') expect(left.get(memberId)).toEqual(expect.arrayContaining(owned));
        }
      }),
    );
  });

  test('gives a unit only to one who can take it, to nobody if none is there, and moves nothing then either', () => {
    const takers = fc.option(fc.uniqueArray(fc.stringMatching(/^m[0-9]$/), { maxLength: 4 }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(units, fc.array(takers, { minLength: 3, maxLength: 3 }), claims, (ids, sets, members) => {
        const limited = ids.map((unit, i) => {
          const set = sets[i % sets.length];
          return set === undefined ? unit : { ...unit, takers: new Set(set) };
        });
        const assigned = assignUnits(limited, members);
        const owners = new Map([...assigned].flatMap(([memberId, mine]) => mine.map((id) => [id, memberId])));
        for (const { id, ...unit } of limited) {
          const able = members.filter(
            ({ memberId }) => !('takers' in unit) || (unit.takers as Set<string>).has(memberId),
          );
          if (able.length === 0) expect(owners.has(id)).toBe(false);
          else expect(able.map(({ memberId }) => memberId)).toContain(owners.get(id));
        }
        expect([...assigned.values()].flat()).toHaveLength(owners.size);
        expect(asObject(assignUnits(limited, claimsOf(assigned, 9)))).toEqual(asObject(assigned));
        expect(asObject(assignUnits([...limited].reverse(), [...members].reverse()))).toEqual(
          asObject(assigned),
        );
      }),
    );
  });

  test('makes up for what one member alone can take with what all can', () => {
    const members = ['a', 'b'].map((memberId) => ({ memberId, generation: -1, owned: [] }));
    const only = [0, 1, 2].map((i) => ({ id: `only-${i}`, takers: new Set(['a']) }));
    const open = [0, 1, 2, 3, 4].map((i) => ({ id: `open-${i}` }));
    expect(sizes(assignUnits([...only, ...open], members))).toEqual([4, 4]);
  });

  test('believes the later of two claims to a unit', () => {
    const old = { memberId: 'a', generation: 3, owned: ['u1'] };
    const newer = { memberId: 'b', generation: 4, owned: ['u1'] };
    expect(assignUnits([{ id: 'u1' }, { id: 'u2' }], [old, newer]).get('b')).toEqual(['u1']);
  });

  test('leaves members without units when there are more of them', () => {
    const members = ['a', 'b', 'c'].map((memberId) => ({ memberId, generation: -1, owned: [] }));
    expect(sizes(assignUnits([{ id: 'u' }], members)).sort()).toEqual([0, 0, 1]);
    expect(assignUnits([{ id: 'u' }], [])).toEqual(new Map());
  });

  test('deals what stands side by side to different members', () => {
    const members = ['a', 'b', 'c'].map((memberId) => ({ memberId, generation: -1, owned: [] }));
    const slots = Array.from({ length: 6 }, (_, slot) => ({ id: `slot-${slot}` }));
    expect(assignUnits(slots, members).get('b')).toEqual(['slot-1', 'slot-4']);
  });

  test('makes a unit of each partition where nothing belongs together', () => {
    expect(unitPerPartition(new Map([['t', 2]])).map((unit) => unit.id)).toEqual(['t/0', 't/1']);
  });
});

describe('on the wire', () => {
  test('an assignment comes back with its units whole', () => {
    const assigned = [
      {
        id: 'Music/0',
        partitions: [
          { topic: 'm.Music.snapshot', partition: 0 },
          { topic: 'm.Music.changes', partition: 0 },
        ],
      },
      { id: 'empty', partitions: [] },
      { id: 'Music/11', partitions: [{ topic: 'm.Music.changes', partition: 11 }] },
    ];
    expect(decodeAssignment(encodeAssignment(assigned))).toEqual(assigned);
    expect(decodeAssignment(encodeAssignment([]))).toEqual([]);
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
  });

  test('a subscription comes back with its claim', () => {
    const subscription = { topics: ['a', 'b'], generation: 7, owned: ['a/0', 'ü'], about: { url: 'x' } };
    expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription);
  });

  test('a subscription of another client claims nothing', () => {
    const foreign = Buffer.from('00000000000100016100000003010203', 'hex');
    expect(decodeSubscription(foreign)).toEqual({ topics: ['a'], generation: -1, owned: [], about: null });
  });

  test('a thousand tables of twelve partitions fit into the one record that a group has', () => {
    const ids = Array.from({ length: 12_000 }, (_, i) => `table-${i % 1000}/${Math.floor(i / 1000)}`);
    const assigned = ids.map((id, i) => ({
      id,
      partitions: ['snapshot', 'changes'].map((kind) => ({
        topic: `m.table-${i % 1000}.${kind}`,
        partition: Math.floor(i / 1000),
      })),
    }));
    const topics = assigned.flatMap((unit) => unit.partitions.map((p) => p.topic));
    const subscription = encodeSubscription({
      topics: [...new Set(topics)],
      generation: 1,
      owned: ids,
      about: null,
    });
    expect(encodeAssignment(assigned).length + subscription.length).toBeLessThan(600_000);
  });
});
