import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import { backoffMs, retrying } from '../../../connectors/runtime/backoff.ts';
import { slotOf, taskOf } from '../../../connectors/runtime/ownership.ts';
import { Turns } from '../../../connectors/runtime/turns.ts';
import { Wake } from '../../../connectors/runtime/wake.ts';

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const clock = { ...systemClock, sleep: () => Promise.resolve() };
const world = () => ({ clock, log, signal: new AbortController().signal });

describe('a step that fails', () => {
  test('is repeated while the error table says so, and says when it works again', async () => {
    let left = 3;
    const heard: (string | null)[] = [];
    const value = await retrying(
      async () => {
        if (left-- > 0) throw new ConnectError('SOURCE_UNREACHABLE', 'gone');
        return 'back';
      },
      world(),
      (error) => heard.push(error?.code ?? null),
    );
    expect(value).toBe('back');
    expect(heard).toEqual(['SOURCE_UNREACHABLE', 'SOURCE_UNREACHABLE', 'SOURCE_UNREACHABLE', null]);
  });

  test.each(['SOURCE_DATA_GAP', 'RECORD_NUMBER', 'UNEXPECTED'] as const)(
    '%s is not repeated',
    async (code) => {
      const step = () => Promise.reject(new ConnectError(code, 'x'));
      await expect(retrying(step, world())).rejects.toMatchObject({ code });
    },
  );

  test('that nobody classified is a defect, and halts', async () => {
    const step = () => Promise.reject(new TypeError('undefined is not a function'));
    await expect(retrying(step, world())).rejects.toMatchObject({ code: 'UNEXPECTED', remedy: 'halt' });
  });

  test('waits longer each time, up to a bound', () => {
    for (let attempt = 0; attempt < 50; attempt++) expect(backoffMs(attempt)).toBeLessThanOrEqual(15_000);
  });
});

describe('waiting', () => {
  test('ends with a ring, also one that came before', async () => {
    const wake = new Wake();
    const { signal } = new AbortController();
    const waiting = wake.wait(60_000, signal);
    wake.ring();
    await waiting;
    wake.ring();
    await wake.wait(60_000, signal);
  });

  test('ends with the abort, and throws its reason', async () => {
    const stop = new AbortController();
    const waiting = new Wake().wait(60_000, stop.signal);
    stop.abort(new Error('stopping'));
    await expect(waiting).rejects.toThrow('stopping');
  });

  test('for a turn lets no more at once than were asked for, in their order', async () => {
    const turns = new Turns(2);
    const order: number[] = [];
    let atOnce = 0;
    let most = 0;
    await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async (i) => {
        using _turn = await turns.take();
        most = Math.max(most, ++atOnce);
        order.push(i);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce--;
      }),
    );
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

test('every partition has one task and every task one slot, whoever asks', () => {
  for (let i = 0; i < 200; i++) {
    const task = taskOf('Music', `shard-${i}`, 3);
    expect(task).toBe(taskOf('Music', `shard-${i}`, 3));
    expect([0, 1, 2]).toContain(task);
  }
  expect(slotOf('music-changes', 0, 24)).toBeLessThan(24);
});
