import { expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import { FRESH_LANE } from '../../../connectors/runtime/sink/lane-state.ts';
import { OwnedLane, type OwnedLaneOptions } from '../../../connectors/runtime/sink/owned-lane.ts';
import { MemoryTarget, memorySink } from '../../memory-sink.ts';

/** A lane that is another's as soon as its owner's first commit was refused. */
function lost() {
  let generation = 1;
  let refused = () => {};
  const tried = new Promise<void>((resolve) => (refused = resolve));
  const plugin = memorySink(new MemoryTarget());
  const clock = {
    ...systemClock,
    sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal),
  };
  const start = async () => {
    const options = {
      id: 'T/1',
      table: 'T',
      partition: 1,
      definition: { name: 's', plugin, options: {}, transforms: [], snapshots: true },
      world: {
        clock,
        log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
        topics: { snapshot: () => 'snapshot', changes: () => 'changes' },
        catalog: {
          table: () => ({ facts: { table: 'T' }, epoch: { number: 1 } }),
          sink: () => ({ fingerprint: 'memory:1', targetTable: 'T', epoch: 1, restore: {} }),
          subscribe: () => () => {},
        },
      },
      plugin: await plugin.open({}, {} as never),
      reader: { assign: () => {}, unassign: () => {} },
      state: FRESH_LANE,
      takeOver: { first: true, clean: true },
      signal: new AbortController().signal,
      after: Promise.resolve(),
      isOurs: () => generation === 1,
      commitRunning: async () => {
        generation = 2;
        refused();
        throw new ConnectError('KAFKA_FENCED', 'generation 1 is over');
      },
      onFault: () => {},
    } as unknown as OwnedLaneOptions;
    return new OwnedLane(options);
  };
  return { start, tried };
}

test('a target that cannot be prepared for longer than errors.retry.timeout ends the lane', async () => {
  const away = new ConnectError('TARGET_UNREACHABLE', 'away');
  const heard: unknown[] = [];
  const plugin = { ...memorySink(new MemoryTarget()), prepare: () => Promise.reject(away) };
  const options = {
    id: 'T/0',
    table: 'T',
    partition: 0,
    definition: {
      name: 's',
      plugin,
      options: {},
      transforms: [],
      snapshots: true,
      errors: { retryTimeoutMs: 300, retryDelayMaxMs: 5, log: false, logMessages: false },
    },
    world: {
      clock: systemClock,
      log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
      topics: { snapshot: () => 'snapshot', changes: () => 'changes' },
      catalog: {
        table: () => ({ facts: { table: 'T' }, epoch: { number: 1 } }),
        sink: () => ({ fingerprint: 'memory:1', targetTable: 'T', epoch: 1, restore: {} }),
        readToEnd: async () => {},
        subscribe: () => () => {},
      },
    },
    plugin: await plugin.open({}, {} as never),
    reader: { assign: () => {}, unassign: () => {} },
    state: FRESH_LANE,
    takeOver: { first: true, clean: true },
    signal: new AbortController().signal,
    after: Promise.resolve(),
    isOurs: () => true,
    commitRunning: async () => {},
    onFault: (error: unknown) => heard.push(error),
  } as unknown as OwnedLaneOptions;
  await expect(new OwnedLane(options).ended).rejects.toMatchObject({
    code: 'TARGET_UNREACHABLE',
    remedy: 'retry',
  });
  expect(heard.length).toBeGreaterThan(0);
});

test('a lane that was given away while it said "running" ends: the next assignment waits for its drain', async () => {
  const { start, tried } = lost();
  const lane = await start();
  await tried;
  await lane.drain();
  expect(lane.settled).toBe(false);
});
