import { describe, expect, test } from 'vitest';
import { InFlight } from '../../../sink/in-flight.ts';

/** A server that answers each request after what `tookMs` says of the number under way. */
function server(tookMs: (underWay: number) => number, requestsMax = 1000) {
  let nowMs = 0;
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() };
  const inFlight = new InFlight(clock, { requestsMax, bytesMax: 1 << 30, slowMs: 1000 });
  /** Sends as many as may be under way, and has all of them answered. */
  const round = (load: 'answered' | 'overloaded' = 'answered') => {
    const slots = [];
    for (let slot = inFlight.take(1); slot !== null; slot = inFlight.take(1)) slots.push(slot);
    nowMs += tookMs(slots.length);
    for (const slot of slots) inFlight.release(slot, load);
    return slots.length;
  };
  return { inFlight, round };
}

describe('the window of requests under way', () => {
  test('doubles with each round until a server shows that it is busy', () => {
    const { round } = server(() => 10);
    expect([round(), round(), round(), round()]).toEqual([8, 16, 32, 64]);
  });

  test('grows by one a round after a throttle, which halves it once', () => {
    const { inFlight, round } = server(() => 10);
    round();
    expect(round('overloaded')).toBe(16);
    expect(inFlight.window).toBe(8);
    expect([round(), round(), round()]).toEqual([8, 8, 9]);
  });

  test('stands still while answers take longer than twice the best, and grows by one a round then', () => {
    let tookMs = 10;
    const { inFlight, round } = server(() => tookMs);
    round();
    tookMs = 60;
    for (let rounds = 0; rounds < 4; rounds++) round();
    const stood = inFlight.window;
    round();
    expect(inFlight.window).toBe(stood);
    tookMs = 10;
    for (let rounds = 0; rounds < 4; rounds++) round();
    expect(inFlight.window).toBeGreaterThan(stood);
    expect(inFlight.window).toBeLessThanOrEqual(stood + 4);
  });

  test('ends at its bound', () => {
    const { round } = server(() => 10, 20);
    for (let rounds = 0; rounds < 5; rounds++) round();
    expect(round()).toBe(20);
  });
});
