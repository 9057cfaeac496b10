import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slotOf, slotOfConnector } from '../../../connectors/runtime/ownership.ts';
import { shareOf, slotContents } from '../../../connectors/worker/group/share.ts';
import type { StoredConnector } from '../../../connectors/worker/state/config-store.ts';

const PARTITIONS = 8;

const connector = (name: string, tasks: number, over: Partial<StoredConnector> = {}): StoredConnector => ({
  name,
  config: { 'connector.class': 'X' },
  target: 'STARTED',
  tasks: Array.from({ length: tasks }, () => ({ 'connector.class': 'X', tables: 'T,U' })),
  ...over,
});
const all = new Set(Array.from({ length: PARTITIONS }, (_, slot) => slot));
const shareWith = (connectors: readonly StoredConnector[], owned: ReadonlySet<number> | null) =>
  shareOf(connectors, {
    of: () => owned && { owned, count: PARTITIONS },
    epoch: (table) => table.length,
  });

describe('the share of a worker', () => {
  test('is each task and each connector whose slot it has, and nothing of others', () => {
    const owned = new Set([slotOf('a', 1, PARTITIONS)]);
    const share = shareWith([connector('a', 3)], owned);
    expect(share.tasks).toEqual([
      {
        connector: 'a',
        task: 1,
        tasks: 3,
        config: { 'connector.class': 'X', tables: 'T,U' },
        paused: false,
        epochs: '1,1',
      },
    ]);
    expect(share.connectors).toEqual([]);
    const its = shareWith([connector('a', 3)], new Set([slotOfConnector('a', PARTITIONS)]));
    expect(its.connectors.map(({ name }) => name)).toEqual(['a']);
  });

  test('has paused tasks as such, none of a stopped connector, none without a configuration', () => {
    const connectors = [
      connector('p', 1, { target: 'PAUSED' }),
      connector('s', 1, { target: 'STOPPED' }),
      connector('m', 1, { tasks: [{}] }),
    ];
    const share = shareWith(connectors, all);
    expect(share.tasks.map(({ connector: name, paused }) => [name, paused])).toEqual([['p', true]]);
    expect(share.connectors.map(({ name }) => name)).toEqual(['p', 's', 'm']);
  });

  test('is nothing of connectors that are for workers of another kind', () => {
    expect(shareWith([connector('a', 3)], null)).toEqual({ connectors: [], tasks: [] });
  });

  test('and those of the others are all there is, each once', () => {
    const connectors = fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,3}$/), tasks: fc.nat(12) }), {
      maxLength: 4,
    });
    const workers = fc.array(fc.nat(2), { minLength: PARTITIONS, maxLength: PARTITIONS });
    fc.assert(
      fc.property(connectors, workers, (asked, ownerOf) => {
        const stored = asked.map(({ name, tasks }, i) => connector(`${name}${i}`, tasks));
        const shares = [0, 1, 2].map((worker) =>
          shareWith(stored, new Set([...all].filter((slot) => ownerOf[slot] === worker))),
        );
        const keys = shares.flatMap((share) => share.tasks.map((one) => `${one.connector}-${one.task}`));
        const names = shares.flatMap((share) => share.connectors.map(({ name }) => name));
        expect(keys.sort()).toEqual(
          stored.flatMap(({ name, tasks }) => tasks.map((_, task) => `${name}-${task}`)).sort(),
        );
        expect(names.sort()).toEqual(stored.map(({ name }) => name).sort());
      }),
    );
  });
});

test('a slot holds the classes of what stands in it, and is busy while that is a task which may run', () => {
  const connectors = [
    connector('a', 2),
    connector('p', 1, { target: 'PAUSED' }),
    connector('s', 4, { target: 'STOPPED', config: { 'connector.class': 'org.theirs.YConnector' } }),
  ];
  const contents = slotContents(connectors, PARTITIONS);
  const busy = [slotOf('a', 0, PARTITIONS), slotOf('a', 1, PARTITIONS), slotOf('p', 0, PARTITIONS)];
  const found = [...contents].filter(([, classes]) => [...classes.values()].includes(true));
  expect(found.map(([slot]) => slot).sort()).toEqual([...new Set(busy)].sort());
  expect(found.every(([, classes]) => classes.get('X'))).toBe(true);
  expect(contents.get(slotOfConnector('s', PARTITIONS))?.get('Y')).toBe(false);
});
