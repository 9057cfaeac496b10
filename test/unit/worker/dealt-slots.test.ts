import { describe, expect, test } from 'vitest';
import type { ConnectorType } from '../../../connectors/connector-state.ts';
import { assignUnits } from '../../../connectors/kafka/assignor.ts';
import type { KnownMember } from '../../../connectors/kafka/membership.ts';
import { ownedSlots } from '../../../connectors/runtime/slot-units.ts';
import { dealtSlots, fairShare } from '../../../connectors/worker/group/dealt-slots.ts';
import type { SlotContents } from '../../../connectors/worker/group/share.ts';

const COUNT = 6;
const topics = new Map([['g-slots', COUNT]]);

const member = (memberId: string, classes: Readonly<Record<string, ConnectorType>>): KnownMember => ({
  memberId,
  about: { workerId: memberId, url: 'u', instance: memberId, classes },
});
const sinks = (memberId: string, ...names: string[]) =>
  member(memberId, Object.fromEntries(names.map((name) => [name, 'sink' as const])));
const busy = (...names: string[]): SlotContents => new Map(names.map((name) => [name, true]));

const dealt = (members: readonly KnownMember[], contents: Readonly<Record<number, SlotContents>>) =>
  dealtSlots(
    topics,
    members,
    'sink',
    () => new Map(Object.entries(contents).map(([slot, of]) => [Number(slot), of])),
  );

/** Slots by member, for a class. */
function given(
  members: readonly KnownMember[],
  contents: Readonly<Record<number, SlotContents>>,
  className: string,
) {
  const units = dealt(members, contents);
  const claims = members.map(({ memberId }) => ({ memberId, generation: -1, owned: [] }));
  const shares = assignUnits(units, claims);
  return Object.fromEntries(
    [...shares].map(([memberId, ids]) => {
      const mine = units.filter(({ id }) => ids.includes(id));
      return [memberId, [...ownedSlots(mine, COUNT, className).owned]];
    }),
  );
}

describe('the slots of a group', () => {
  test('go to anybody where all members have the same classes', () => {
    const members = [sinks('a', 'X', 'Y'), sinks('b', 'Y', 'org.x.XConnector')];
    const units = dealt(members, { 0: busy('X'), 1: busy('X', 'Y') });
    expect(units.every(({ takers }) => takers === undefined)).toBe(true);
    expect(units.map(({ kind }) => kind)).toEqual(['busy', 'busy', 'idle', 'idle', 'idle', 'idle']);
  });

  test('go only to members that have the class of what stands in them, whether it is busy or not', () => {
    const members = [sinks('a', 'X'), member('b', { Z: 'sink', X: 'source' })];
    const contents = { 0: busy('X'), 1: busy('X'), 2: new Map([['X', false]]) };
    const owned = given(members, contents, 'X');
    expect(owned['a']).toEqual(expect.arrayContaining([0, 1, 2]));
    expect(owned['b']).toHaveLength(2);
  });

  test('go in parts where nobody has all the classes of one: each class to one who has it', () => {
    const members = [sinks('a', 'X'), sinks('b', 'Y', 'Z')];
    const contents = { 3: busy('X', 'Y', 'Z') };
    expect(dealt(members, contents).filter(({ id }) => id.startsWith('slot-0003'))).toMatchObject([
      { id: 'slot-0003/6', takers: new Set(['b']) },
      { id: 'slot-0003/6/X', takers: new Set(['a']) },
    ]);
    const owners = ['X', 'Y', 'Z'].map((name) => {
      const owned = given(members, contents, name);
      return Object.keys(owned).filter((one) => owned[one]!.includes(3));
    });
    // Who has the whole slot has not the class X, and leaves it alone.
    expect(owners).toEqual([['a', 'b'], ['b'], ['b']]);
  });

  test('of a class that nobody has go to anybody', () => {
    const units = dealt([sinks('a', 'X'), sinks('b', 'X')], { 0: busy('Gone') });
    expect(units[0]).toMatchObject({ id: 'slot-0000/6', kind: 'idle' });
    expect(units.every(({ takers }) => takers === undefined)).toBe(true);
  });

  test('go to members that say nothing of themselves too: a migration takes part in its own group', () => {
    const migration = { memberId: 'm', about: null };
    const [first] = dealt([migration, sinks('a', 'X'), sinks('b', 'Y')], { 0: busy('X') });
    expect(first?.takers).toEqual(new Set(['m', 'a']));
    expect(dealt([migration], { 0: busy('X') })).toHaveLength(COUNT);
  });
});

test('a fair share is as big as what a member can take allows', () => {
  const contents = { 0: busy('X'), 1: busy('X'), 2: busy('X'), 3: busy('Y'), 4: busy('Y') };
  const share = (members: readonly KnownMember[], memberId: string) =>
    fairShare(members, memberId, (named) => dealt(named, contents));
  const alike = [sinks('a', 'X', 'Y'), sinks('b', 'X', 'Y')];
  expect(share(alike, 'a')).toEqual({ least: 2, most: 3 });
  const mixed = [sinks('a', 'X', 'Y'), sinks('b', 'Y')];
  expect([share(mixed, 'a'), share(mixed, 'b')]).toEqual([
    { least: 3, most: 3 },
    { least: 2, most: 2 },
  ]);
  expect(share([...mixed, sinks('c', 'Other')], 'c')).toEqual({ least: 0, most: 0 });
});
