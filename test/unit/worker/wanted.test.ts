import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Wanted } from '../../../connectors/worker/group/wanted.ts';

type Turn = (label: string) => Promise<void>;

/** Things that take their time to begin and to end. */
function subject(turn: Turn = () => Promise.resolve()) {
  const steps: string[] = [];
  const standing = new Map<string, string>();
  const faults: string[] = [];
  const wanted = new Wanted<string>({
    begin: async (key, value) => {
      if (standing.has(key)) faults.push(`${key}: ${value} begins while ${standing.get(key)} stands`);
      standing.set(key, value);
      steps.push(`begin ${value}`);
      await turn('begun');
    },
    end: async (key, value) => {
      if (standing.get(key) !== value) faults.push(`${key}: ${value} ends while ${standing.get(key)} stands`);
      steps.push(`end ${value}`);
      await turn('ended');
      standing.delete(key);
    },
  });
  return { wanted, steps, standing, faults };
}

/** Lets everything that is under way come to its end. */
const settled = async (wanted: Wanted<string>, key: string) => {
  while (!wanted.isSettled(key)) await Promise.resolve();
};

describe('what is wanted', () => {
  test('is begun, and left alone when it is wanted again as it is', async () => {
    const { wanted, steps } = subject();
    wanted.want('k', '1', 'a');
    await settled(wanted, 'k');
    wanted.want('k', '1', 'a');
    await settled(wanted, 'k');
    expect(steps).toEqual(['begin a']);
    expect(wanted.standing('k')).toBe('a');
  });

  test('otherwise is ended first, and then begun as it is wanted', async () => {
    const { wanted, steps } = subject();
    wanted.want('k', '1', 'a');
    await settled(wanted, 'k');
    wanted.want('k', '2', 'b');
    await settled(wanted, 'k');
    expect(steps).toEqual(['begin a', 'end a', 'begin b']);
  });

  test('no longer when its turn comes is passed over', async () => {
    const { wanted, steps } = subject();
    wanted.want('k', '1', 'a');
    await Promise.resolve();
    wanted.want('k', '2', 'b');
    wanted.want('k', '3', 'c');
    await settled(wanted, 'k');
    expect(steps).toEqual(['begin a', 'end a', 'begin c']);
  });

  test('and given up before anything was done about it is never begun', async () => {
    const { wanted, steps } = subject();
    wanted.want('k', '1', 'a');
    wanted.unwant('k');
    await settled(wanted, 'k');
    expect(steps).toEqual([]);
    expect(wanted.keys).toEqual([]);
  });

  test('again is ended and begun, also when somebody then wants what is there already', async () => {
    const { wanted, steps } = subject();
    wanted.want('k', '1', 'a');
    await settled(wanted, 'k');
    wanted.again('k');
    wanted.want('k', '1', 'a');
    await settled(wanted, 'k');
    expect(steps).toEqual(['begin a', 'end a', 'begin a']);
    wanted.again('k');
    await settled(wanted, 'k');
    expect(steps).toHaveLength(5);
  });

  test('again means nothing where nothing is wanted', async () => {
    const { wanted, steps } = subject();
    wanted.again('k');
    wanted.unwant('k');
    expect(wanted.keys).toEqual([]);
    expect(steps).toEqual([]);
  });

  test('is ended when all ends', async () => {
    const { wanted, standing } = subject();
    wanted.want('k', '1', 'a');
    wanted.want('l', '1', 'b');
    await wanted.close();
    expect(standing.size).toBe(0);
    expect(wanted.keys).toEqual([]);
  });

  test('stands in the end, never two at once, whatever the order of wishes and of what they take', async () => {
    const wish = fc.record({
      key: fc.constantFrom('k', 'l'),
      what: fc.constantFrom('want', 'want', 'unwant', 'again'),
      value: fc.constantFrom('a', 'b', 'c'),
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(wish, { maxLength: 12 }), async (s, wishes) => {
        const turn: Turn = (label) => s.schedule(Promise.resolve(), label).then(() => {});
        const { wanted, standing, faults } = subject(turn);
        const last = new Map<string, string>();
        const { task } = s.scheduleSequence(
          wishes.map(({ key, what, value }) => ({
            label: what,
            builder: async () => {
              if (what === 'want') wanted.want(key, value, value);
              else if (what === 'unwant') wanted.unwant(key);
              else wanted.again(key);
              if (what === 'want') last.set(key, value);
              if (what === 'unwant') last.delete(key);
            },
          })),
        );
        await s.waitFor(task);
        await s.waitIdle();
        expect(faults).toEqual([]);
        expect(Object.fromEntries(standing)).toEqual(Object.fromEntries(last));
        expect([...wanted.keys].sort()).toEqual([...last.keys()].sort());
      }),
      { numRuns: 300 },
    );
  });
});
