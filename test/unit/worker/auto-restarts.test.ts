import { beforeEach, expect, test, vi } from 'vitest';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { AutoRestarts } from '../../../connectors/worker/auto-restarts.ts';
import type { ConfigScope } from '../../../connectors/worker/config-scope.ts';
import type { StoredConnector } from '../../../connectors/worker/state/config-store.ts';
import { JumpingClock } from '../sink/jumping-clock.ts';

vi.mock('../../../connectors/worker/config-scope.ts', () => ({
  settingsOf: ({ delay }: FlatConfig) => {
    if (delay === undefined) throw new ConnectError('WORKER_CONFIG', 'no delay');
    const errors = { autoRestart: true, autoRestartDelayMs: Number(delay), autoRestartDelayMaxMs: 100_000 };
    return { errors };
  },
}));

const away = new ConnectError('TARGET_UNREACHABLE', 'away');
let stored: Record<string, FlatConfig>;
let restarts: AutoRestarts;
beforeEach(() => {
  stored = { c: { delay: '10' } };
  const get = (name: string) => {
    const config = stored[name];
    return config === undefined ? null : ({ name, config } as StoredConnector);
  };
  restarts = new AutoRestarts({ get }, {} as ConfigScope, new JumpingClock());
});

test('a connector keeps how it has fared as long as its configuration stays', () => {
  expect(restarts.of('c')?.next('c-0', away)).toBe(10);
  stored['c'] = { delay: '10' };
  const same = restarts.of('c');
  same?.forget('c-1');
  expect(restarts.of('c')).toBe(same);
  stored['c'] = { delay: '20' };
  expect(restarts.of('c')).not.toBe(same);
  expect(restarts.of('c')?.next('c-0', away)).toBe(20);
});

test('one that was deleted and made again begins anew', () => {
  const before = restarts.of('c');
  const { c } = stored;
  stored = {};
  expect(restarts.of('c')).toBeNull();
  stored = { c: c! };
  expect(restarts.of('c')).not.toBe(before);
});

test('one whose configuration cannot be read is not restarted', () => {
  stored['c'] = {};
  expect(restarts.of('c')).toBeNull();
});
