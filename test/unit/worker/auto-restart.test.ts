import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { AutoRestart } from '../../../connectors/worker/auto-restart.ts';

const away = new ConnectError('TARGET_UNREACHABLE', 'away');

function subject(autoRestart = true) {
  let nowMs = 1_000_000;
  const settings = { autoRestart, autoRestartDelayMs: 10, autoRestartDelayMaxMs: 60 };
  const restarts = new AutoRestart(settings, { monotonic: () => nowMs });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  /** Fails, and is restarted when that is due. */
  const fail = () => {
    const delayMs = restarts.next('c-0', away);
    pass(delayMs ?? 0);
    return delayMs;
  };
  return { restarts, pass, fail };
}

describe('what failed', () => {
  test('is restarted only where that may help, and where it is wanted', () => {
    const { restarts } = subject();
    expect(restarts.next('c-0', new ConnectError('RECORD_NUMBER', 'bad'))).toBeNull();
    expect(restarts.next('c-0', new ConnectError('TARGET_SCHEMA', 'other'))).toBeNull();
    expect(restarts.next('c-0', away)).toBe(10);
    expect(subject(false).restarts.next('c-0', away)).toBeNull();
  });

  test('again and again waits twice as long each time, up to a bound; each task by itself', () => {
    const { restarts, fail } = subject();
    expect([fail(), fail(), fail(), fail(), fail()]).toEqual([10, 20, 40, 60, 60]);
    expect(restarts.next('c-1', away)).toBe(10);
  });

  test('waits as at first when it ran for longer than it had waited, not when it ran shorter', () => {
    const { restarts, pass, fail } = subject();
    fail();
    fail();
    restarts.succeeded('c-0');
    pass(20);
    expect(fail()).toBe(40);
    restarts.succeeded('c-0');
    pass(30);
    // Said often: only the first counts.
    restarts.succeeded('c-0');
    pass(11);
    expect(fail()).toBe(10);
  });

  test('in several tables at once is restarted once: who fails later waits for the same restart', () => {
    const { restarts, pass } = subject();
    expect(restarts.next('c-0', away)).toBe(10);
    pass(4);
    // The rest of the task runs on, which says nothing of a restart that is still to come.
    restarts.succeeded('c-0');
    expect(restarts.next('c-0', away)).toBe(6);
  });

  test('counts no more when somebody restarted it by hand', () => {
    const { restarts, fail } = subject();
    fail();
    fail();
    restarts.forget('c-0');
    expect(fail()).toBe(10);
  });
});
