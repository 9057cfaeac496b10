import { expect, test } from 'vitest';
import { TwinWatch } from '../../../connectors/worker/group/twin-watch.ts';

function subject() {
  let now = 0;
  const said: string[] = [];
  const watch = new TwinWatch({
    url: 'http://127.0.0.1:8083',
    sessionTimeoutMs: 10_000,
    clock: { monotonic: () => now },
    log: { error: (_: unknown, text: string) => said.push(text) } as never,
  });
  const seen = (atMs: number, ...instances: string[]) => {
    now = atMs;
    watch.seen(instances);
  };
  return { said, seen };
}

test('two workers of one address are told of once, with what to do', () => {
  const { said, seen } = subject();
  for (const atMs of [0, 10_000, 20_001, 30_000]) seen(atMs, 'other');
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/http:\/\/127\.0\.0\.1:8083 too.*rest\.advertised\.host\.name.*listeners/);
  seen(30_000, 'other', 'third');
  seen(60_000, 'other', 'third');
  expect(said).toHaveLength(2);
});

test('a worker that was killed at this address is none, until its session has ended', () => {
  const { said, seen } = subject();
  seen(0, 'before');
  seen(15_000, 'before');
  seen(18_000);
  seen(60_000, 'before');
  expect(said).toEqual([]);
});
