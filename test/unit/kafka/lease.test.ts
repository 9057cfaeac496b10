import { describe, expect, test } from 'vitest';
import { Lease } from '../../../connectors/kafka/lease.ts';

function leaseWithClock() {
  const time = { monotonic: 1000, wall: 5000 };
  const lease = new Lease(10_000, 60_000, { monotonicMs: () => time.monotonic, wallMs: () => time.wall });
  const advance = (ms: number) => {
    time.monotonic += ms;
    time.wall += ms;
  };
  return { lease, time, advance };
}

describe('a lease', () => {
  test('is not valid before the first heartbeat', () => {
    expect(leaseWithClock().lease.valid(0)).toBe(false);
  });

  test('lasts a session timeout from when the answered heartbeat was sent, less the margin', () => {
    const { lease, advance } = leaseWithClock();
    const sentAt = lease.now();
    advance(4000);
    lease.stable(sentAt);
    advance(4999);
    expect(lease.valid(1000)).toBe(true);
    advance(1);
    expect(lease.valid(1000)).toBe(false);
    expect(lease.valid(0)).toBe(true);
    advance(1000);
    expect(lease.valid(0)).toBe(false);
  });

  test('is over after a freeze, though the machine slept and its monotonic clock stood still', () => {
    const { lease, time } = leaseWithClock();
    lease.stable(lease.now());
    time.wall += 20_000;
    expect(lease.valid(0)).toBe(false);
  });

  test('is not prolonged by a wall clock that is set back', () => {
    const { lease, time } = leaseWithClock();
    lease.stable(lease.now());
    time.wall -= 3_600_000;
    time.monotonic += 10_000;
    expect(lease.valid(0)).toBe(false);
  });

  test('goes on through a rebalance, but not beyond the rebalance timeout', () => {
    const { lease, advance } = leaseWithClock();
    lease.stable(lease.now());
    for (let i = 0; i < 11; i++) {
      advance(5000);
      lease.rebalancing(lease.now());
      expect(lease.valid(1000)).toBe(true);
    }
    advance(5000);
    lease.rebalancing(lease.now());
    expect(lease.valid(0)).toBe(false);
  });

  test('ends at once when told, and a rebalance answer does not revive it', () => {
    const { lease } = leaseWithClock();
    lease.stable(lease.now());
    lease.end();
    lease.rebalancing(lease.now());
    expect(lease.valid(0)).toBe(false);
  });
});
